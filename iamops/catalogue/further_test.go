package catalogue

import (
	"strings"
	"testing"
)

// TestAskForItOnThat: who asks for an action on a resource that only some calls name is
// told to ask for it on the one that each call names, and it is granted there.
func TestAskForItOnThat(t *testing.T) {
	c := shared(t)
	told := 0
	eachService(t, c, func(s *service) {
		for i := range s.actions {
			a := &s.actions[i]
			if deniedAlways(s.prefix+":"+a.name) != "" || len(a.further()) == 0 || len(a.needs()) != 1 {
				continue
			}
			for _, req := range requestsFor(t, c, s, a) {
				req.Related = nil
				if _, err := c.Scope(req); err == nil || !strings.Contains(err.Error(), "Ask for it on that: ") {
					continue
				}
				told++
				p, refusal := kindsOf(t, c, s, a.needs()[0].types[len(a.needs()[0].types)-1]).place(s, a)
				if refusal != nil || len(p.resources) == 0 {
					t.Errorf("%s on %s: there it is refused, too: %v", a.name, req.Entity, refusal)
				}
			}
		}
	})
	if told < 400 {
		t.Errorf("%d requests are told so", told)
	}
	_, err := scopeOf(t, "arn:aws:redshift:eu-west-1:111122223333:dbname:dwh/dev", "redshift:GetClusterCredentials")
	if err == nil || !strings.Contains(err.Error(), "dbuser (") || !strings.HasSuffix(err.Error(), "Ask for it on that: it covers calls that name no dbname") {
		t.Errorf("a login to a database of Redshift: %v", err)
	}
}

// kindsOf is a resource of one type of a service.
func kindsOf(t *testing.T, c *Catalogue, s *service, n int) kinds {
	t.Helper()
	for _, p := range s.types[n].patterns {
		a, bad := parseARN(instance(p, "db-a1B2c3"), "aws", testAccount)
		if bad != nil {
			continue
		}
		k, err := c.kindOf(a, s)
		if err != nil {
			t.Fatal(err)
		}
		return kinds{k}
	}
	t.Fatalf("%s %s: no ARN of the account", s.prefix, s.types[n].key)
	return nil
}
