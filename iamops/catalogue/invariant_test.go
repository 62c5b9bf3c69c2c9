package catalogue

import (
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write the files that these tests compare with")

const testAccount = "111122223333"

// opened is one catalogue for all tests that need every service: to unpack each
// takes about a second.
var opened = sync.OnceValues(Open)

func shared(t *testing.T) *Catalogue {
	t.Helper()
	c, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// walk calls visit with every type of ARN that the catalogue knows and every
// action of every service that has to do with it. In short mode it leaves most
// ARNs out.
func walk(t *testing.T, visit func(entity arn, k kind, s *service, a *action)) {
	t.Helper()
	c := shared(t)
	random := rand.New(rand.NewPCG(1, 2))
	users := usersOf(t, c)
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, ty := range s.types {
			for _, p := range ty.patterns {
				if testing.Short() && random.IntN(20) > 0 {
					continue
				}
				for _, name := range []string{"name-1", "path/name"} {
					text := instance(p, name)
					entity, bad := parseARN(text, "aws", testAccount)
					if bad != nil {
						continue // such as policies of AWS, in account "aws"
					}
					for _, user := range users[entity.service] {
						k, err := c.kindOf(entity, user)
						if err != nil {
							t.Fatal(err)
						}
						for i := range user.actions {
							visit(entity, k, user, &user.actions[i])
						}
					}
				}
			}
		}
	}
}

// usersOf returns, by service of an ARN, the services with actions on it.
func usersOf(t *testing.T, c *Catalogue) map[string][]*service {
	t.Helper()
	users := map[string][]*service{}
	for _, prefix := range c.Services() {
		s, err := c.service(prefix)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{prefix: true}
		for _, ty := range s.types {
			for _, p := range ty.patterns {
				seen[p.service()] = true
			}
		}
		for service := range seen {
			users[service] = append(users[service], s)
		}
	}
	return users
}

// instance makes an ARN of a pattern: the last variable has this name.
func instance(p pattern, last string) string {
	fields := strings.SplitN(p.shape, ":", 4)
	region := strings.ReplaceAll(fields[1], "*", "eu-west-1")
	owner := strings.ReplaceAll(fields[2], "*", testAccount)
	resource := fields[3]
	if at := strings.LastIndex(resource, "*"); at >= 0 {
		resource = strings.ReplaceAll(resource[:at], "*", "v") + last + resource[at+1:]
	}
	return "arn:aws:" + fields[0] + ":" + region + ":" + owner + ":" + resource
}

// inEntity reports whether a resource of a policy is the entity or inside it.
func inEntity(resource, entity string) bool {
	rest, ok := strings.CutPrefix(resource, strings.TrimRight(entity, "/:"))
	return resource == entity || ok && rest != "" && (rest[0] == '/' || rest[0] == ':')
}

// TestNothingOutsideTheEntity is the promise of the package: whatever the table
// says, no resource is granted but the entity's ARN, or that ARN followed by "/"
// or ":" and more.
func TestNothingOutsideTheEntity(t *testing.T) {
	exact, inside, refused := 0, 0, 0
	walk(t, func(entity arn, k kind, s *service, a *action) {
		found := k.resources(s, a, a.types)
		for _, r := range found {
			if !inEntity(r, entity.text) {
				t.Errorf("%s:%s on %s: %s is outside", s.prefix, a.name, entity.text, r)
			}
		}
		switch {
		case len(found) == 0:
			refused++
		case k.exact(s, a.types):
			exact++
		default:
			inside++
		}
	})
	t.Logf("%d exact, %d inside, %d refused", exact, inside, refused)
	if least := 1000; !testing.Short() && (exact < least || inside < least || refused < least) {
		t.Error("the walk is too short to prove anything")
	}
}

// TestTypesInside lists which types lie inside which, by the ARNs that AWS
// writes. A new line in the list deserves a look: is what extends the ARN really
// part of the resource? ("rule/BUS/RULE" of EventBridge is not part of the rule
// "rule/BUS", for instance.)
func TestTypesInside(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the whole catalogue")
	}
	lines := map[string]bool{}
	walk(t, func(_ arn, k kind, s *service, a *action) {
		if k.exact(s, a.types) {
			return
		}
		for _, own := range k.shapes {
			for _, rest := range k.inside(s, a.types) {
				lines[own.shape+" + "+rest+" for "+s.prefix] = true
			}
		}
	})
	got := strings.Join(slices.Sorted(maps.Keys(lines)), "\n") + "\n"
	const file = "testdata/inside.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, file, string(want), got)
}

// compareLines reports the lines that only one of two texts has.
func compareLines(t *testing.T, file, want, got string) {
	t.Helper()
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, l := range b {
		if !slices.Contains(a, l) {
			t.Errorf("%s lacks: %s", file, l)
		}
	}
	for _, l := range a {
		if !slices.Contains(b, l) {
			t.Errorf("%s has, though it no longer holds: %s", file, l)
		}
	}
}

// TestRandomRequests puts requests of several actions through the front door.
func TestRandomRequests(t *testing.T) {
	c := shared(t)
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(n int) int { return random.IntN(n) }
	granted := 0
	for range 3000 {
		services := c.Services()
		s, err := c.service(services[pick(len(services))])
		if err != nil {
			t.Fatal(err)
		}
		if len(s.types) == 0 || len(s.actions) == 0 || len(s.types[0].patterns) == 0 {
			continue
		}
		ty := s.types[pick(len(s.types))]
		entity := instance(ty.patterns[pick(len(ty.patterns))], "name-1")
		var actions []string
		for range 1 + pick(2) {
			actions = append(actions, s.prefix+":"+s.actions[pick(len(s.actions))].name)
		}
		scope, err := c.Scope(Request{Account: testAccount, Partition: "aws", Entity: entity, Actions: actions, Rules: Rules{Allow: []string{"*:*"}}})
		if err != nil {
			continue
		}
		granted++
		for _, g := range scope.Statements {
			for _, a := range g.Actions {
				if !slices.Contains(actions, a) {
					t.Errorf("%v on %s: %s was not asked for", actions, entity, a)
				}
			}
			for _, r := range g.Resources {
				if !inEntity(r, entity) {
					t.Errorf("%v on %s: %s is outside", actions, entity, r)
				}
			}
		}
	}
	if granted < 100 {
		t.Errorf("%d of the requests were granted: too few to prove anything", granted)
	}
}
