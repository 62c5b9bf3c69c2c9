package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// askFor finds what a remedy says to ask for: it names actions, or means all those that
// the text is about.
var askFor = regexp.MustCompile(`\bask for (it|that|them|these|those|both|the three|[a-z0-9-]+:[A-Z])`)

// TestWhatIsToBeAskedForCanBe: where a text says to ask for actions, each of them can be
// granted on some resource, and the text says so of those that only the operator can let be
// granted.
func TestWhatIsToBeAskedForCanBe(t *testing.T) {
	c := shared(t)
	tried := 0
	for _, row := range companionRows() {
		for _, name := range alternativesOf(row.rights) {
			tried++
			c.wantAskable(t, name, row.text)
		}
		for _, text := range []string{row.text, row.keyed} {
			if row.rights != nil {
				continue
			}
			for _, name := range toBeAskedFor(text) {
				tried++
				c.wantAskable(t, name, text)
			}
		}
	}
	if tried < 200 {
		t.Errorf("%d actions", tried)
	}
}

// TestWhatIsMeantIsNamed: no text says to ask for dependent actions of AWS's reference for
// which words of it stand, since nobody could tell which these are.
func TestWhatIsMeantIsNamed(t *testing.T) {
	said := readWords(t, "testdata/dependent_words.txt")
	for _, of := range readSentry(t) {
		for name := range of.Privileges {
			for _, row := range companionRows() {
				if matching(row.asked, of.Prefix+":"+name) == "" || row.rights != nil || !meansAll(row.text) {
					continue
				}
				for _, d := range of.dependent(name) {
					if said.meant(row.text, d) {
						t.Errorf("%s, for which words of %q stand, has to be asked for", d, row.text)
					}
				}
			}
		}
	}
}

// TestAdviceCanBeFollowed: what a text says to ask for, or to relate before, is granted on
// the very resource that it is said of, and then the text is not said again. Else the text
// has to say on what the action acts.
func TestAdviceCanBeFollowed(t *testing.T) {
	c, rows := shared(t), companionRows()
	followed, related := 0, 0
	eachService(t, c, func(s *service) {
		for i := range s.actions {
			a := &s.actions[i]
			full := s.prefix + ":" + a.name
			if deniedAlways(full) != "" || len(companionsBy[full])+len(companionsBy[s.prefix]) == 0 {
				continue
			}
			for _, req := range requestsFor(t, c, s, a) {
				for _, said := range saidTo(t, c, rows, req) {
					way := wayOut(said, rows)
					if len(way.ask) == 0 {
						continue
					}
					if wrong := follow(t, c, rows, req, said, way); wrong != "" {
						t.Errorf("%s on %s %q: %q: %s", full, req.Entity, req.Related, said, wrong)
					}
					followed++
					related += min(1, len(way.relate))
				}
			}
		}
	})
	t.Logf("%d texts were followed, %d of them with a related resource", followed, related)
	if followed < 230 || related < 75 {
		t.Errorf("%d texts were followed, %d with a related resource", followed, related)
	}
}

// TestAdviceOnAResource tries what is said of actions that act on other resources than the
// asked one does, and of rights that are asked for already.
func TestAdviceOnAResource(t *testing.T) {
	const key, instance = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abcd1234ef567890"
	c, rows := shared(t), companionRows()
	for _, tc := range []struct {
		entity, related, actions string
		want, not                []string // parts of what is said
	}{
		{"arn:aws:rds:eu-west-1:111122223333:cluster:orders", "", "rds:ModifyDBCluster", []string{"no grant on this resource holds rds:ModifyDBInstance"}, []string{"ask for rds:ModifyDBInstance"}},
		{"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/web/11111111-2222-3333-4444-555566667777", "", "wafv2:UpdateWebACL", []string{"wafv2:GetIPSet (on wafv2 ipset)"}, []string{"ask for wafv2"}},
		{"arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0abcd1234ef567890", "", "ec2:CreateLaunchTemplateVersion", []string{"ssm:GetParameters (on ssm parameter): ask an operator"}, []string{"ask for"}},
		{"arn:aws:redshift:eu-west-1:111122223333:cluster:dwh", "", "redshift:ModifyCluster", []string{"acm:DescribeCertificate (on acm certificate)"}, []string{"ask for that"}},
		{"arn:aws:kafka:eu-west-1:111122223333:topic/c/abcd1234-0123-abcd-5678-1234abcd-1/orders", "", "kafka-cluster:ReadData", []string{"kafka-cluster:AlterGroup (on kafka-cluster group): ask for kafka-cluster:DescribeTopic, too"}, nil},
		{"arn:aws:kafka:eu-west-1:111122223333:topic/c/abcd1234-0123-abcd-5678-1234abcd-1/orders", "", "kafka-cluster:ReadData kafka-cluster:DescribeTopic", []string{"(on kafka-cluster group): ask an operator"}, []string{"ask for kafka-cluster:DescribeTopic"}},
		{"arn:aws:codeartifact:eu-west-1:111122223333:repository/acme/npm", "", "codeartifact:ReadFromRepository", []string{"codeartifact:GetPackageVersionAsset on the package"}, []string{"get-package-version-asset"}},
		{"arn:aws:rds:eu-west-1:111122223333:cluster:orders", "", "rds-data:ExecuteStatement", []string{"rds-db:connect on the user of the database"}, nil},
		{"arn:aws:s3:::reports", "", "s3:PauseReplication", []string{"ask for s3:GetReplicationConfiguration, too"}, []string{"ask for s3:PutReplicationConfiguration"}},
		{"arn:aws:states:eu-west-1:111122223333:stateMachine:Orders", "", "states:UpdateStateMachine", []string{"states:PublishStateMachineVersion: ask for that, too"}, nil},
		{"arn:aws:imagebuilder:eu-west-1:111122223333:component/c/1.0.0/1", "", "imagebuilder:GetComponent", []string{`relate the kms key (relation "related") and ask for kms:Decrypt, too`}, nil},
		{"arn:aws:imagebuilder:eu-west-1:111122223333:component/c/1.0.0/1", key, "imagebuilder:GetComponent", []string{"ask for that, too"}, []string{"relate the"}},
		{"arn:aws:imagebuilder:eu-west-1:111122223333:component/c/1.0.0/1", key, "imagebuilder:GetComponent kms:Decrypt", nil, []string{"kms:Decrypt"}},
		{"arn:aws:ssm:eu-west-1:111122223333:parameter/prod/db", key, "ssm:PutParameter kms:Encrypt", nil, []string{"kms:"}},
		{"arn:aws:sqs:eu-west-1:111122223333:orders-dlq", "", "sqs:StartMessageMoveTask sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes", []string{"sqs:SendMessage"}, []string{"ask for the three"}},
		{instance, "", "ssm:StartSession", []string{`relate the document (relation "related")`}, nil},
		{instance, "arn:aws:ssm:eu-west-1::document/AWS-StartPortForwardingSession", "ssm:StartSession", nil, []string{"without naming"}},
		{instance, "arn:aws:ssm:eu-west-1:111122223333:document/Tunnel", "ssm:StartSession", nil, []string{"without naming"}},
	} {
		req := Request{Account: testAccount, Partition: "aws", Entity: tc.entity, Actions: strings.Fields(tc.actions)}
		if tc.related != "" {
			req.Related = []string{tc.related}
		}
		if _, err := c.Scope(req); err != nil {
			t.Errorf("%s on %s: %v", tc.actions, tc.entity, err)
		}
		said := strings.Join(saidTo(t, c, rows, req), "\n")
		for _, part := range tc.want {
			if !strings.Contains(said, part) {
				t.Errorf("%s on %s: %q does not say %q", tc.actions, tc.entity, said, part)
			}
		}
		for _, part := range tc.not {
			if strings.Contains(said, part) {
				t.Errorf("%s on %s: %q says %q", tc.actions, tc.entity, said, part)
			}
		}
	}
}

// requestsFor are requests for one action, on a resource of each of its types alone, or
// with all that may be related to it, if it needs that.
func requestsFor(t *testing.T, c *Catalogue, s *service, a *action) (out []Request) {
	t.Helper()
	for _, n := range a.types {
		for _, p := range s.types[n].patterns {
			req := Request{Account: testAccount, Partition: "aws", Entity: instance(p, "db-a1B2c3"), Actions: []string{s.prefix + ":" + a.name}, Rules: Rules{Allow: []string{"*:*"}}}
			entity, bad := parseARN(req.Entity, "aws", testAccount)
			if bad != nil {
				continue
			}
			k, err := c.kindOf(entity, s)
			if err != nil {
				t.Fatal(err)
			}
			if _, missing := (kinds{k}).reach(s, a); len(missing) > 0 {
				for _, of := range relatedTypes(k) {
					req.Related = append(req.Related, toRelateTo(k, of))
				}
			}
			out = append(out, req)
		}
	}
	return out
}

// toRelateTo is a resource of a type that may be related to an entity.
func toRelateTo(entity kind, name string) string {
	for _, p := range pairs {
		if p.related.name != name || !p.fits(entity) {
			continue
		}
		related := instance(pattern{shape: p.related.shape}, "name-2")
		if parent := entity.arn.name(); p.related.parent && strings.Contains(parent, "/") {
			related = instance(pattern{shape: p.related.shape}, parent[:strings.LastIndex(parent, "/")])
		}
		if region := p.region(entity.arn); region != "" {
			related = strings.Replace(related, "eu-west-1", region, 1)
		}
		return related
	}
	return ""
}

// saidTo is all that companions say of a request, each without the actions that it is of.
func saidTo(t *testing.T, c *Catalogue, rows []companion, req Request) (out []string) {
	t.Helper()
	scope, err := c.Scope(req)
	for _, w := range scope.Warnings {
		_, text, _ := strings.Cut(w, ": ")
		out = append(out, text)
	}
	if refusals, ok := err.(Refusals); ok { //nolint:errorlint // the request itself is well formed
		for _, r := range refusals {
			for _, row := range rows {
				if row.does == refuse && row.when == nil && strings.HasSuffix(r.Error(), ": "+row.text) {
					out = append(out, row.text)
				}
			}
		}
	}
	return out
}

// way is what a text says to do.
type way struct {
	ask     []string // to be asked for
	relate  []string // types to be related before
	instead bool     // the action that the text is of cannot be granted at all
}

var (
	relating = regexp.MustCompile(`relate the (.*?) \(relation "related"\)`)
	asking   = regexp.MustCompile(`\bask for (.*?)(, too|, (?:or|and) (?:relate|ask|an? |the )|$)`)
	onOther  = regexp.MustCompile(`^[^,]* on (the|that|these|its|a|all|one) `)
)

// wayOut reads what a text says to do on the resources of the request.
func wayOut(text string, rows []companion) (out way) {
	todo := remedyOf(text)
	for _, m := range asking.FindAllStringSubmatch(todo, -1) {
		if onOther.MatchString(m[1] + " ") {
			continue
		}
		if names := actionName.FindAllString(m[1], -1); len(names) > 0 {
			out.ask = append(out.ask, names...)
		} else if askFor.MatchString("ask for " + m[1]) {
			out.ask = append(out.ask, actionName.FindAllString(text, -1)...)
		}
	}
	for _, m := range relating.FindAllStringSubmatch(todo, -1) {
		name, known := toRelate["relate the "+m[1]+" "]
		if !known {
			name, _, _ = strings.Cut(m[1], ", ")
		}
		out.relate = append(out.relate, name)
	}
	out.instead = slices.ContainsFunc(rows, func(row companion) bool {
		return row.does == refuse && len(row.unless) == 0 && row.text == text
	})
	return out
}

// follow does what a text says, and says what comes of it; empty if all is well.
func follow(t *testing.T, c *Catalogue, rows []companion, req Request, said string, to way) string {
	t.Helper()
	entity, _ := parseARN(req.Entity, "aws", testAccount)
	k, err := c.kindOf(entity, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range to.relate {
		related := toRelateTo(k, name)
		if related == "" {
			return "a " + name + " cannot be related"
		}
		req.Related = append(req.Related, related)
	}
	if to.instead {
		req.Actions = nil
	}
	for _, name := range to.ask {
		if !slices.Contains(req.Actions, name) {
			req.Actions = append(req.Actions, name)
		}
	}
	if _, err := c.Scope(req); err != nil && !onlyRefuses(err, req.Actions[0], to) {
		return err.Error()
	}
	for _, text := range saidTo(t, c, rows, req) {
		again := wayOut(text, rows).ask
		if text == said || sameProblem(text, said) && slices.ContainsFunc(again, func(name string) bool { return slices.Contains(to.ask, name) }) {
			return "it is said again: " + text
		}
	}
	return ""
}

// sameProblem reports whether two texts begin alike, up to what they say to do.
func sameProblem(a, b string) bool {
	head := func(text string) string { return strings.TrimSuffix(text, remedyOf(text)) }
	return head(a) == head(b)
}

// onlyRefuses reports whether a request is refused for other companions of the action
// alone.
func onlyRefuses(err error, action string, to way) bool {
	refusals, ok := err.(Refusals) //nolint:errorlint // the request itself is well formed
	return ok && !to.instead && !slices.ContainsFunc(refusals, func(r *Refusal) bool { return r.Action != action })
}

// toBeAskedFor are the actions that a text names and says to ask for.
func toBeAskedFor(text string) []string {
	if meansAll(text) {
		return actionName.FindAllString(text, -1)
	}
	if remedy := remedyOf(text); askFor.MatchString(remedy) {
		return actionName.FindAllString(remedy, -1)
	}
	return nil
}

// meansAll reports whether a text says to ask for all that it is about.
func meansAll(text string) bool {
	of := askFor.FindStringSubmatch(remedyOf(text))
	return of != nil && !strings.Contains(of[1], ":")
}

// remedyOf is what a text says to do.
func remedyOf(text string) string { return text[strings.LastIndex(text, ": ")+1:] }

// wantAskable wants an action that a text says to ask for to be one that can be granted.
func (c *Catalogue) wantAskable(t *testing.T, name, text string) {
	t.Helper()
	if problem := c.unaskable(t, name, text); problem != "" {
		t.Errorf("%s, which %q says to ask for: %s", name, text, problem)
	}
}

// unaskable says why nobody can be granted an action, or what a text that says to ask for
// it leaves out; empty if all is well.
func (c *Catalogue) unaskable(t *testing.T, name, text string) string {
	t.Helper()
	if why := deniedAlways(name); why != "" {
		return "it is never granted: " + why
	}
	prefix, action, _ := strings.Cut(name, ":")
	s, err := c.service(prefix)
	if err != nil {
		t.Fatal(err)
	}
	if s == nil || s.find(action) == nil {
		return "there is no such action"
	}
	switch of := s.find(action); {
	case of.name != action:
		return "AWS spells it " + of.name
	case len(of.types) == 0:
		return "AWS allows it on all resources only"
	case of.level == Permissions && !strings.Contains(text, "unless the operator allows"):
		return "only the operator can let it be granted"
	}
	return ""
}

// meant reports whether words of a text stand for an action.
func (w *words) meant(text, action string) bool {
	return slices.ContainsFunc(w.rows, func(of wordsRow) bool {
		return strings.Contains(text, of.words) && slices.ContainsFunc(of.patterns, func(p string) bool { return Match(p, action) })
	})
}
