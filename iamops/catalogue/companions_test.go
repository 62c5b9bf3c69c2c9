package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// remedy is what a text has to end in: what to do, after its last colon, as an order.
// Colons inside of names of actions do not count.
var remedy = regexp.MustCompile(`: (add|ask|compare|delete|empty|leave|let|map|relate|start|upload|use|launch) ([^:]|:\S)*[^.]$`)

// TestCompanionsAreWellFormed keeps the table free of rows that match nothing, say
// nothing, or would name more than the resource.
func TestCompanionsAreWellFormed(t *testing.T) {
	c := shared(t)
	grantable, shapes := map[string]bool{}, map[string]bool{}
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.actions {
			name := prefix + ":" + a.name
			grantable[name] = len(a.types) > 0 && deniedAlways(name) == ""
		}
		for _, ty := range s.types {
			for _, p := range ty.patterns {
				shapes[p.shape] = true
			}
		}
	}
	rows := companionRows()
	if len(rows) < 190 {
		t.Fatalf("the table has %d rows", len(rows))
	}
	for _, row := range rows {
		name := strings.Join(row.asked, " ")
		for _, pattern := range row.asked {
			prefix, _, ok := strings.Cut(pattern, ":")
			found := false
			for action, can := range grantable {
				found = found || can && Match(pattern, action)
			}
			if !ok || strings.Contains(prefix, "*") || strings.Contains(pattern, "?") || !found {
				t.Errorf("%s: %q matches no action that can be granted, or not of one service", name, pattern)
			}
			if !strings.Contains(pattern, "*") && !grantable[pattern] {
				t.Errorf("%s: AWS spells %q otherwise", name, pattern)
			}
		}
		for _, shape := range row.on {
			if !shapes[shape] {
				t.Errorf("%s: no type of resource has the shape %q", name, shape)
			}
		}
		for _, shape := range row.supplied {
			if !shapes[shape] {
				t.Errorf("%s: no type of resource has the shape %q", name, shape)
			}
		}
		for _, action := range slices.Concat(alternativesOf(row.unless), alternativesOf(row.rights), row.actions) {
			if _, known := grantable[action]; !known {
				t.Errorf("%s: there is no action %s", name, action)
			}
		}
		if row.page == "" {
			t.Errorf("%s: the page is missing", name)
		}
		if problem := row.problem(grantable); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// problem says what is wrong with what follows from a row; empty if nothing is.
func (c *companion) problem(grantable map[string]bool) string {
	switch c.does {
	case refuse, warn:
		if c.rights != nil {
			if c.does == refuse || c.keyed != "" || strings.Contains(c.text, ": ") {
				return "it says itself what to do about the rights: " + c.text
			}
			return ""
		}
		if !remedy.MatchString(c.text) {
			return "the text does not end in what to do: " + c.text
		}
		if c.keyed != "" && (!remedy.MatchString(c.keyed) || strings.Count(c.keyed, "%") != 1 || !strings.Contains(c.keyed, "%s")) {
			return "the text about a related key does not name it once and end in what to do: " + c.keyed
		}
		if len(c.actions)+len(c.endings) > 0 {
			return "it adds, though it only says something"
		}
	case add:
		if c.text != "" || len(c.actions)+len(c.endings) == 0 {
			return "it says something, or adds nothing"
		}
		for _, e := range c.endings {
			if e != "" && e[0] != '/' && e[0] != ':' {
				return fmt.Sprintf("%q could name another resource", e)
			}
		}
		for _, a := range c.actions {
			if !grantable[a] {
				return a + " cannot be granted"
			}
		}
	default:
		return "it has no verdict"
	}
	return ""
}

// TestKeysAreNamedAlike: a warning about a key tells the rights that would silence it,
// with and without a related key, and says to relate one only where none is.
func TestKeysAreNamedAlike(t *testing.T) {
	rights := regexp.MustCompile(`kms:[A-Za-z]+`)
	sorted := func(actions []string) string {
		slices.Sort(actions)
		return strings.Join(slices.Compact(actions), " ")
	}
	n := 0
	for _, row := range companionRows() {
		if row.keyed == "" {
			continue
		}
		n++
		want := sorted(alternativesOf(row.unless))
		if got := sorted(rights.FindAllString(row.text, -1)); got != want {
			t.Errorf("%v: the text names %s, and %s would do", row.asked, got, want)
		}
		if got := sorted(rights.FindAllString(row.keyed, -1)); got != want {
			t.Errorf("%v: with a key it names %s, and %s would do", row.asked, got, want)
		}
		if !strings.Contains(row.text, "relate the key") || strings.Contains(row.keyed, "relate") {
			t.Errorf("%v: %q and %q", row.asked, row.text, row.keyed)
		}
	}
	if n < 15 {
		t.Errorf("%d rows", n)
	}
}

// alternativesOf are the actions of which "|" is between some.
func alternativesOf(actions []string) []string {
	if len(actions) == 0 {
		return nil
	}
	return strings.Split(strings.Join(actions, "|"), "|")
}

// TestCompanionsDoNotContradict: a request is not warned of what it is refused for.
func TestCompanionsDoNotContradict(t *testing.T) {
	c := shared(t)
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range s.actions {
			var texts []string
			refused := false
			for _, row := range companionRows() {
				if matching(row.asked, prefix+":"+a.name) == "" || len(row.on) > 0 {
					continue
				}
				refused = refused || row.does == refuse && len(row.unless) == 0
				texts = append(texts, row.text)
			}
			if refused && len(texts) > 1 {
				t.Errorf("%s:%s is always refused, and this is said besides: %q", prefix, a.name, texts)
			}
		}
	}
}

// TestCompanionsOf tries real-world ARNs and what AWS's pages say of them.
func TestCompanionsOf(t *testing.T) {
	c := shared(t)
	for _, tt := range companionCases {
		t.Run(tt.action+" "+tt.arn, func(t *testing.T) {
			text := strings.Replace("arn:aws:"+tt.arn, "ACCOUNT", "123456789012", 1)
			a, bad := parseARN(text, "aws", "123456789012")
			if bad != nil {
				t.Fatal(bad)
			}
			prefix, _, _ := strings.Cut(tt.action, ":")
			s, err := c.service(prefix)
			if err != nil || s == nil {
				t.Fatalf("service %s: %v", prefix, err)
			}
			k, err := c.kindOf(a, s)
			if err != nil {
				t.Fatal(err)
			}
			request := append([]string{tt.action}, strings.Fields(tt.with)...)
			var got []string
			for _, row := range companionsOf(tt.action, k, request, nil) {
				switch row.does {
				case refuse:
					got = append(got, "refuse")
				case warn:
					got = append(got, "warn")
				case add:
					got = append(got, strings.Join(slices.Concat([]string{"add"}, row.actions, row.endings), " "))
				}
				if tt.says != "" && row.text != "" && !strings.Contains(row.text, tt.says) {
					t.Errorf("%q does not say %q", row.text, tt.says)
				}
			}
			slices.Sort(got)
			if text := strings.Join(got, ", "); text != tt.want {
				t.Errorf("got %q, want %q", text, tt.want)
			}
		})
	}
}

// TestPartialSecrets tries names of secrets as people give them.
func TestPartialSecrets(t *testing.T) {
	for name, want := range map[string]string{
		// With the six characters.
		"prod/db-a1B2c3":                                          "",
		"MyTestDatabaseSecret-jd2XkP":                             "",
		"rds!db-2a1b3c4d-5e6f-7081-92a3-b4c5d6e7f809-Zt4xW9":      "",
		"rds!cluster-c0ffee00-1111-2222-3333-444455556666-AbCdEf": "",
		"my-secret-QwErTy":                                        "",
		"a-b-c-d-1A2B3C":                                          "",
		"events!connection/name/8a1b-4Xy8Zq":                      "",
		// Without.
		"prod/db":              "refuse",
		"prod/my-db":           "refuse",
		"MyTestDatabaseSecret": "refuse",
		"my-secret":            "refuse",
		"My-Secret":            "refuse",
		"app-config":           "refuse",
		"prod/github":          "refuse",
		"team/service/api-key": "refuse",
		"rds!db-2a1b3c4d-5e6f-7081-92a3-b4c5d6e7f809": "refuse",
		"redshift!my-cluster-awsuser":                 "refuse",
		"a":                                           "refuse",
		"prod_db_password":                            "refuse",
		"db-a1B2c3d":                                  "refuse",
		"db-a1B2c":                                    "refuse",
		"db--1B2c3":                                   "refuse",
		"db-a1B2c/":                                   "refuse",
		"db-a1+2c3":                                   "refuse",
		// It cannot be told.
		"backup-202401": "warn",
		"db-prod01":     "warn",
		"web-tester":    "warn",
	} {
		rest := "secretsmanager:eu-west-1:123456789012:secret:" + name
		k := kind{arn: arn{rest: rest}, shapes: []pattern{{shape: secret}}}
		got := ""
		for _, row := range companionsOf("secretsmanager:DescribeSecret", k, nil, nil) {
			got += map[verdict]string{refuse: "refuse", warn: "warn"}[row.does]
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func BenchmarkCompanions(b *testing.B) {
	k := kind{arn: arn{rest: "sagemaker:eu-west-1:123456789012:domain/d-abc"}}
	for b.Loop() {
		companionsOf("sagemaker:UpdateUserProfile", k, nil, nil)
		companionsOf("sagemaker:DescribeDomain", k, nil, nil)
	}
}

// toRelate are what texts say to relate, and the types.
var toRelate = map[string]string{"relate the key ": kmsKey.name, "relate the document ": ssmDocument.name}

// TestWhatIsToBeRelatedCanBe: where a text says to relate a key or a document, it can be
// related to each resource that the row is about.
func TestWhatIsToBeRelatedCanBe(t *testing.T) {
	c := shared(t)
	tried := 0
	for _, row := range companionRows() {
		if !strings.Contains(row.text, "relate ") {
			continue
		}
		eachService(t, c, func(s *service) {
			for _, a := range s.actions {
				if matching(row.asked, s.prefix+":"+a.name) == "" {
					continue
				}
				for _, of := range s.types {
					for _, p := range of.patterns {
						entity, bad := parseARN(instance(p, "name-1"), "aws", testAccount)
						if bad != nil {
							continue
						}
						k, err := c.kindOf(entity, s)
						if err != nil {
							t.Fatal(err)
						}
						if !row.fits(k) || !k.touches(s, a.types) {
							continue
						}
						can := false
						for words, of := range toRelate {
							can = can || strings.Contains(row.text, words) && slices.Contains(relatedTypes(k), of)
						}
						if tried++; !can {
							t.Errorf("%s on %s says %q, and related can be %q", a.name, k.arn.text, row.text, relatedTypes(k))
						}
					}
				}
			}
		})
	}
	if tried < 50 {
		t.Errorf("%d actions and types", tried)
	}
}
