package catalogue_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
)

func TestCheckPatterns(t *testing.T) {
	if err := catalogue.CheckPatterns([]string{"s3:Delete*", "*:*", "rds-db:connect", "ec2:?opInstances", "S3:GETOBJECT"}); err != nil {
		t.Error(err)
	}
	for _, p := range []string{"", "s3", "s3:", ":GetObject", "s3:Get Object", "s3:Get,s3:Put", "s3:a:b", "s3:${x}", "*", "s3:Get\n"} {
		err := catalogue.CheckPatterns([]string{"s3:GetObject", p})
		if err == nil || !strings.Contains(err.Error(), "is not an action pattern") {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestRules(t *testing.T) {
	c := open(t)
	for _, tc := range []struct {
		name, action string
		rules        catalogue.Rules
		want         catalogue.Reason
	}{
		{"plain", "s3:GetObject", catalogue.Rules{}, ""},
		{"denied by pattern", "s3:GetObject", catalogue.Rules{Deny: []string{"S3:get*"}}, catalogue.DeniedAction},
		{"denied by another pattern", "s3:PutObject", catalogue.Rules{Deny: []string{"s3:get*"}}, ""},
		{"denied for all services", "s3:DeleteObject", catalogue.Rules{Deny: []string{"*:Delete*"}}, catalogue.DeniedAction},
		{"permissions management", "s3:PutBucketPolicy", catalogue.Rules{}, catalogue.DeniedAction},
		{"allowed by name", "s3:PutBucketPolicy", catalogue.Rules{Allow: []string{"s3:PutBucketPolicy"}}, ""},
		{"another is allowed", "s3:PutBucketPolicy", catalogue.Rules{Allow: []string{"s3:PutBucketAcl"}}, catalogue.DeniedAction},
		{"deny wins", "s3:PutBucketPolicy", catalogue.Rules{Allow: []string{"s3:*"}, Deny: []string{"s3:Put*"}}, catalogue.DeniedAction},
		{"the built-in list cannot be shortened", "iam:PassRole", catalogue.Rules{Allow: []string{"iam:PassRole", "*:*"}}, catalogue.DeniedAction},
		{"nor by case", "IAM:PASSROLE", catalogue.Rules{Allow: []string{"*:*"}}, catalogue.DeniedAction},
		{"nor for one action of a service", "deadline:AssumeQueueRoleForUser", catalogue.Rules{Allow: []string{"*:*"}}, catalogue.DeniedAction},
		{"nor for credentials of another role", "s3:GetDataAccess", catalogue.Rules{Allow: []string{"s3:GetDataAccess"}}, catalogue.DeniedAction},
		{"nor for keys that stay", "transfer:ImportSshPublicKey", catalogue.Rules{Allow: []string{"*:*"}}, catalogue.DeniedAction},
		{"what goes on to another address", "sns:Subscribe", catalogue.Rules{}, catalogue.DeniedAction},
		{"endless names", "s3:" + strings.Repeat("x", 1<<20), catalogue.Rules{}, catalogue.UnknownAction},
		{"unknown actions of denied services are denied", "iam:NoSuchThing", catalogue.Rules{}, catalogue.DeniedAction},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := c.Scope(request(tc.action, tc.rules))
			var refusal *catalogue.Refusal
			switch {
			case err == nil && tc.want != "":
				t.Error("granted")
			case err != nil && (!errors.As(err, &refusal) || refusal.Reason != tc.want):
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// TestForwardingIsTheOperatorsChoice: what hands a resource's data on is refused
// until the operator allows it by name.
func TestForwardingIsTheOperatorsChoice(t *testing.T) {
	r := request("sns:Subscribe", catalogue.Rules{Allow: []string{"sns:Subscribe"}})
	r.Entity = "arn:aws:sns:eu-west-1:" + account + ":alerts"
	if _, err := open(t).Scope(r); err != nil {
		t.Error(err)
	}
}

// A malformed rule must not be read as one that matches nothing.
func TestMalformedRules(t *testing.T) {
	c := open(t)
	for _, rules := range []catalogue.Rules{{Deny: []string{"s3"}}, {Allow: []string{"s3:Put Object"}}} {
		if scope, err := c.Scope(request("s3:GetObject", rules)); err == nil {
			t.Errorf("%+v gives %v", rules, scope.Statements)
		}
	}
}

func TestDeniedServices(t *testing.T) {
	c := open(t)
	denied := catalogue.DeniedServices()
	if len(denied) < 20 {
		t.Errorf("only %v are denied", denied)
	}
	for _, prefix := range denied {
		actions, err := c.Actions(prefix)
		if err != nil || len(actions) == 0 {
			t.Fatalf("%s has %d actions, %v", prefix, len(actions), err)
		}
		for _, a := range actions {
			if !a.Denied {
				t.Errorf("%s is not denied", a.Name)
			}
			_, err := c.Scope(request(a.Name, catalogue.Rules{Allow: []string{"*:*"}}))
			var refusal *catalogue.Refusal
			if !errors.As(err, &refusal) || refusal.Reason != catalogue.DeniedAction {
				t.Errorf("%s: %v", a.Name, err)
			}
		}
	}
}

func request(action string, rules catalogue.Rules) catalogue.Request {
	return catalogue.Request{Account: account, Partition: "aws", Entity: "arn:aws:s3:::reports", Actions: []string{action}, Rules: rules}
}

// TestMatchMeaning holds the matcher to what the patterns mean, as regular expressions
// say it, on all patterns and texts of few characters.
func TestMatchMeaning(t *testing.T) {
	patterns, texts := words("aB*?", 5), words("Ab:", 5)
	for _, p := range patterns {
		meaning := regexp.MustCompile("(?i)^" + strings.NewReplacer("*", ".*", "?", ".").Replace(p) + "$")
		for _, s := range texts {
			if got, want := catalogue.Match(p, s), meaning.MatchString(s); got != want {
				t.Fatalf("Match(%q, %q) is %v", p, s, got)
			}
		}
	}
}

// words are all words of up to n of the letters.
func words(letters string, n int) []string {
	all, last := []string{""}, []string{""}
	for range n {
		var longer []string
		for _, w := range last {
			for _, l := range letters {
				longer = append(longer, w+string(l))
			}
		}
		all, last = append(all, longer...), longer
	}
	return all
}

// TestMatchEnds: a pattern of many stars takes no longer than its length and that
// of the text allow. A matcher that tries every way would not end here.
func TestMatchEnds(t *testing.T) {
	text := strings.Repeat("a", 60)
	if catalogue.Match(strings.Repeat("a*", 12)+"b", text) {
		t.Error("a text without b matches a pattern that ends in it")
	}
	if !catalogue.Match(strings.Repeat("*a", 12), text) {
		t.Error("twelve of sixty letters are not found")
	}
}
