package catalogue

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

// destructive are words for what nobody who asked for something else should be told of.
var destructive = []string{"Delete", "Terminate", "Purge", "Deregister", "Remove", "Reset", "Revoke", "Release", "Stop", "Cancel", "Disable"}

// TestAlternatives: whatever action is asked for on whatever resource (each of both is
// tried, and not each pair), those that are named
// instead act on it, have the same level and a word in common, and none of them destroys or
// stops anything unless the one that was asked for does the same.
func TestAlternatives(t *testing.T) {
	tried, named := 0, 0
	eachService(t, shared(t), func(s *service) {
		types := slices.DeleteFunc(slices.Clone(s.types), func(ty resourceType) bool { return len(ty.patterns) == 0 })
		for i := 0; len(types) > 0 && i < max(len(types), len(s.actions)); i++ {
			ty, a := types[i%len(types)], &s.actions[i%len(s.actions)]
			k := kind{keys: []string{ty.key}, shapes: ty.patterns[:1], arn: arn{service: s.prefix}}
			tried++
			for _, name := range alternatives(k, s, a) {
				named++
				if wrong := unlike(s, a, s.find(name)); wrong != "" {
					t.Errorf("%s:%s on %s: %s %s", s.prefix, a.name, ty.key, name, wrong)
				}
				if !k.exact(s, s.find(name).types) {
					t.Errorf("%s:%s on %s: %s acts on something else", s.prefix, a.name, ty.key, name)
				}
			}
		}
	})
	if tried < 15000 || named < 5000 {
		t.Errorf("%d actions on a type, with %d others", tried, named)
	}
	t.Logf("%d actions on a type, with %d others", tried, named)
}

// unlike says why an action is not to be named in place of another.
func unlike(s *service, a, b *action) string {
	if b.level != a.level || b.level == Permissions {
		return "has another level"
	}
	if why := deniedAlways(s.prefix + ":" + b.name); why != "" {
		return why
	}
	for _, verb := range destructive {
		if strings.HasPrefix(b.name, verb) && verbOf(a.name) != verbOf(verb) {
			return "destroys or stops"
		}
	}
	x := wordsOf(a.name)
	if !slices.ContainsFunc(wordsOf(b.name), func(w string) bool { return slices.Contains(x, w) }) {
		return "has no word in common"
	}
	return ""
}

// TestWords: the words of names, and what they do.
func TestWords(t *testing.T) {
	for _, tc := range []struct {
		name, words string
		does        verb
	}{
		{"DescribeInstances", "describe instance", harmless},
		{"DeletePolicies", "delete policy", ends},
		{"BatchDeleteImage", "batch delete image", ends},
		{"AdminDisableUser", "admin disable user", stops},
		{"ScheduleKeyDeletion", "schedule key deletion", ends},
		{"GetURLForDBInstance", "get url for db instance", harmless},
		{"StopTask", "stop task", stops},
		{"ReleaseAddress", "release address", ends},
		{"ListDeleteMarkers", "list delete marker", harmless},
		{"CreateDBSnapshot", "create db snapshot", makes},
	} {
		if got := strings.Join(wordsOf(tc.name), " "); got != tc.words || verbOf(tc.name) != tc.does {
			t.Errorf("%s: %s, %v", tc.name, got, verbOf(tc.name))
		}
	}
}

// TestSeldom: each row names an action that AWS has, no type of which it calls required,
// and a page.
func TestSeldom(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range seldom {
		prefix, name, _ := strings.Cut(row.actions, ":")
		s, err := shared(t).service(prefix)
		if err != nil || s == nil {
			t.Fatalf("%s: %v", row.actions, err)
		}
		a := s.find(name)
		if a == nil || a.name != name || len(a.types) == 0 || a.sum != nil || row.page == "" || seen[row.actions] {
			t.Errorf("%s: %+v, page %q", row.actions, a, row.page)
		}
		seen[row.actions] = true
	}
}

// TestMethods: each operation of API Gateway that is no action leads to the method of its
// call, as the models of the API in botocore have it.
func TestMethods(t *testing.T) {
	dir := filepath.Join(server.Dir(t, "moto"), "lib", "python3*", "site-packages", "botocore", "data")
	s, err := shared(t).service("apigateway")
	if err != nil {
		t.Fatal(err)
	}
	operations := 0
	for _, model := range readModels(t, dir, "apigateway") {
		for name, op := range model.Operations {
			if s.find(name) != nil || strings.HasSuffix(name, "Connection") { // those are of WebSocket clients, and of execute-api
				continue
			}
			operations++
			if got := s.insteadOf(name); !strings.Contains(got, "apigateway:"+op.HTTP.Method) {
				t.Errorf("apigateway:%s: %q, and the call is a %s", name, got, op.HTTP.Method)
			}
		}
	}
	if operations < 150 {
		t.Errorf("%d operations", operations)
	}
}
