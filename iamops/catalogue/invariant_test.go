package catalogue

import (
	"flag"
	"fmt"
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

// walk calls visit with every type of ARN that the catalogue knows, with some
// resources that may be related to it, and with every action of every service that
// has to do with it. In short mode it leaves most ARNs out.
func walk(t *testing.T, visit func(ks kinds, s *service, a *action)) {
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
				for _, name := range []string{"name-1", "path/name", "a*b?/$c: é"} {
					w := grantOn(t, c, instance(p, name), random)
					if len(w.resources) == 0 {
						continue // such as policies of AWS, in account "aws"
					}
					for _, user := range usersOfAny(users, w.resources) {
						ks, err := w.kinds(user)
						if err != nil {
							t.Fatal(err)
						}
						for i := range user.actions {
							visit(ks, user, &user.actions[i])
						}
					}
				}
			}
		}
	}
}

// grantOn is a request on an entity, with up to three related resources.
func grantOn(t *testing.T, c *Catalogue, entity string, random *rand.Rand) *work {
	t.Helper()
	req := Request{Account: testAccount, Partition: "aws", Entity: entity}
	if a, bad := parseARN(entity, "aws", testAccount); bad == nil {
		req.Related = relatedTo(t, c, random, a)
	}
	w := newWork(c, req)
	if _, err := w.findResources(); err != nil {
		t.Fatal(err)
	}
	return w
}

// relatedTo makes up to three resources that may be related to an entity.
func relatedTo(t *testing.T, c *Catalogue, random *rand.Rand, entity arn) []string {
	t.Helper()
	k, err := c.kindOf(entity, nil)
	if err != nil {
		t.Fatal(err)
	}
	var fitting []pair
	for _, p := range pairs {
		if p.fits(k) {
			fitting = append(fitting, p)
		}
	}
	var out []string
	for range random.IntN(4) {
		if len(fitting) > 0 {
			shape := pattern{shape: fitting[random.IntN(len(fitting))].related.shape}
			out = append(out, instance(shape, fmt.Sprintf("r-%d", random.IntN(2))))
		}
	}
	return out
}

// usersOfAny returns the services with actions on any of these resources.
func usersOfAny(users map[string][]*service, resources []resource) []*service {
	var out []*service
	for _, r := range resources {
		for _, s := range users[r.arn.service] {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
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

// inEntity reports whether a resource of a policy is the entity, as it is written
// there, or inside it. What is written means itself: see TestWritten.
func inEntity(resource, entity string) bool {
	rest, ok := strings.CutPrefix(resource, strings.TrimRight(entity, "/:"))
	return resource == entity || ok && rest != "" && (rest[0] == '/' || rest[0] == ':')
}

// inAny reports whether a resource of a policy is one of the grant, or inside it.
func inAny(resource string, ks kinds) bool {
	return slices.ContainsFunc(ks, func(k kind) bool { return inEntity(resource, Written(k.arn.text)) })
}

// TestNothingOutsideTheGrant is the promise of the package: whatever the tables say,
// no resource is granted but the ARN of the entity or of a related resource, or that
// ARN followed by "/" or ":" and more.
func TestNothingOutsideTheGrant(t *testing.T) {
	exact, inside, several, refused := 0, 0, 0, 0
	walk(t, func(ks kinds, s *service, a *action) {
		for _, k := range ks {
			for _, r := range k.resources(s, a, a.types) {
				if !inEntity(r, Written(k.arn.text)) {
					t.Errorf("%s:%s on %s: %s is outside", s.prefix, a.name, k.arn.text, r)
				}
			}
		}
		p, missing := ks.reach(s, a)
		found := p.resources
		for _, r := range slices.Concat(append(p.needs, found)...) {
			if !inAny(r, ks) {
				t.Errorf("%s:%s on %v: %s is outside", s.prefix, a.name, ks, r)
			}
		}
		switch {
		case (len(missing) == 0) != (len(found) > 0):
			t.Errorf("%s:%s on %v: %v, and %v is missing", s.prefix, a.name, ks, found, missing)
		case len(missing) > 0:
			refused++
		case len(found) > 1:
			several++
		case ks[0].exact(s, a.types):
			exact++
		default:
			inside++
		}
	})
	t.Logf("%d exact, %d inside or related, %d on several, %d refused", exact, inside, several, refused)
	if least := 1000; !testing.Short() && (exact < least || inside < least || several < least || refused < least) {
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
	walk(t, func(ks kinds, s *service, a *action) {
		k := ks[0]
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
	users := usersOf(t, c)
	granted := 0
	for range 6000 {
		services := c.Services()
		s, err := c.service(services[pick(len(services))])
		if err != nil {
			t.Fatal(err)
		}
		if len(s.types) == 0 || len(s.actions) == 0 || len(s.types[0].patterns) == 0 {
			continue
		}
		ty := s.types[pick(len(s.types))]
		name := []string{"name-1", "a*b?/$c: é"}[pick(2)]
		w := grantOn(t, c, instance(ty.patterns[pick(len(ty.patterns))], name), random)
		if len(w.resources) == 0 {
			continue
		}
		w.req.Rules = Rules{Allow: []string{"*:*"}}
		among := usersOfAny(users, w.resources)
		for range 1 + pick(2) {
			of := among[pick(len(among))]
			if len(of.actions) > 0 {
				w.req.Actions = append(w.req.Actions, of.prefix+":"+of.actions[pick(len(of.actions))].name)
			}
		}
		scope, err := c.Scope(w.req)
		if err != nil {
			continue
		}
		granted++
		checkScope(t, w.req, scope)
	}
	t.Logf("%d granted", granted)
	if granted < 100 {
		t.Errorf("%d of the requests were granted: too few to prove anything", granted)
	}
}

// TestAddedLieInside holds every row of the companions that adds something against the
// same promises, on each of its resources and with each of its actions. A row that names
// no resources cannot be tried, and one that adds nothing on some of them is wrong.
func TestAddedLieInside(t *testing.T) {
	c := shared(t)
	companions := 0
	for _, row := range companionRows() {
		if row.does != add {
			continue
		}
		if len(row.on) == 0 {
			t.Errorf("%q: it adds something, and does not say on what", row.asked)
		}
		for _, shape := range row.on {
			n := addedOn(t, c, &row, instance(pattern{shape: shape}, "name-1"))
			if n == 0 {
				t.Errorf("%q adds nothing on %s", row.asked, shape)
			}
			companions += n
		}
	}
	t.Logf("%d companions", companions)
	if companions < 5 {
		t.Error("too few to prove anything")
	}
}

// addedOn asks for each action of a row on a resource, and returns the number of
// companions.
func addedOn(t *testing.T, c *Catalogue, row *companion, entity string) (companions int) {
	t.Helper()
	for _, asked := range row.asked {
		prefix, _, _ := strings.Cut(asked, ":")
		actions, err := c.Actions(prefix)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range actions {
			if !Match(asked, a.Name) {
				continue
			}
			req := Request{Account: testAccount, Partition: "aws", Entity: entity, Actions: []string{a.Name}, Rules: Rules{Allow: []string{"*:*"}}}
			if scope, err := c.Scope(req); err == nil {
				companions += checkScope(t, req, scope)
			}
		}
	}
	return companions
}

// checkScope holds what a request came to against the promises, and returns the number
// of companions.
func checkScope(t *testing.T, req Request, scope Scope) (companions int) {
	t.Helper()
	arns := append([]string{req.Entity}, req.Related...)
	asked := map[string]bool{}
	for _, g := range scope.Statements {
		for _, a := range g.Actions {
			switch was := slices.Contains(req.Actions, a); {
			case g.Origin == Asked && was:
				asked[a] = true
			case g.Origin == Companion && (was || accompanies(a, req)):
				companions++
			default:
				t.Errorf("%+v: %s is %s", req, a, g.Origin)
			}
		}
		for _, r := range g.Resources {
			if !slices.ContainsFunc(arns, func(arn string) bool { return inEntity(r, Written(arn)) }) {
				t.Errorf("%+v: %s is outside", req, r)
			}
		}
	}
	for _, a := range req.Actions {
		if !asked[a] {
			t.Errorf("%+v: %s was asked for and is not granted", req, a)
		}
	}
	return companions
}

// accompanies reports whether a row of the reviewed companions adds an action to one of
// a request.
func accompanies(action string, req Request) bool {
	return slices.ContainsFunc(companionRows(), func(row companion) bool {
		return row.does == add && slices.Contains(row.actions, action) && slices.ContainsFunc(req.Actions, func(asked string) bool { return matching(row.asked, asked) != "" })
	})
}
