package policies

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// variant is a document with one part of it taken away or widened.
type variant struct{ name, document string }

// TestNothingIsSuperfluous takes the daemon's policy apart: without any one of
// its conditions, of the limits of its statements or of its Denies some attempt
// works, and without any one action some call fails. So each part is needed, and
// the other tests here notice when it is gone.
func TestNothingIsSuperfluous(t *testing.T) {
	t.Parallel()
	s := thief{settings[0]}
	document := s.management(t)
	attempts := s.attempts()
	var calls []request
	for _, c := range work(t, s.setting) {
		if !c.refused {
			calls = append(calls, c.requests...)
		}
	}

	wider, narrower := variants(t, document)
	if len(wider) < 20 || len(narrower) < 20 {
		t.Fatalf("%d wider and %d narrower variants", len(wider), len(narrower))
	}
	var questions []question // those of each variant in turn
	for _, v := range wider {
		for _, a := range attempts {
			all := policies{identity: []string{v.document}}
			if a.forbidden {
				all.identity = append(all.identity, admin)
			}
			questions = append(questions, question{a.name, a.request, all, false})
		}
	}
	for _, v := range narrower {
		for _, r := range calls {
			questions = append(questions, question{"call", r, policies{identity: []string{v.document}}, true})
		}
	}
	results := decide(t, questions)
	for _, v := range wider {
		if !slices.Contains(results[:len(attempts)], allowed) {
			t.Errorf("%s: no attempt notices", v.name)
		}
		results = results[len(attempts):]
	}
	for _, v := range narrower {
		refused := func(result string) bool { return result != allowed }
		if !slices.ContainsFunc(results[:len(calls)], refused) {
			t.Errorf("%s: no call notices", v.name)
		}
		results = results[len(calls):]
	}
	t.Logf("%d variants that allow more, %d that allow less", len(wider), len(narrower))
}

// variants of a document: with more allowed, and with less.
func variants(t *testing.T, document string) (wider, narrower []variant) {
	t.Helper()
	change := func(to *[]variant, name string, statement int, f func(map[string]any)) {
		doc := parse(t, document)
		f(doc["Statement"].([]any)[statement].(map[string]any))
		text, err := json.Marshal(doc)
		noError(t, err)
		*to = append(*to, variant{name, string(text)})
	}
	for i, st := range statements(t, document) {
		conditions, _ := st["Condition"].(map[string]any)
		for operator, keys := range conditions {
			for key := range keys.(map[string]any) {
				change(&wider, fmt.Sprintf("%s without %s %s", st["Sid"], operator, key), i, func(st map[string]any) {
					conditions := st["Condition"].(map[string]any)
					if delete(conditions[operator].(map[string]any), key); len(conditions[operator].(map[string]any)) == 0 {
						delete(conditions, operator)
					}
				})
			}
		}
		actions, resources := list(st["Action"]), list(st["Resource"])
		if !slices.Contains(resources, "*") {
			change(&wider, fmt.Sprintf("%s on everything", st["Sid"]), i, func(st map[string]any) { st["Resource"] = "*" })
		}
		for a, action := range actions {
			to, without := &narrower, slices.Delete(slices.Clone(actions), a, a+1)
			if st["Effect"] == "Deny" {
				to = &wider
			}
			change(to, fmt.Sprintf("%s without %s", st["Sid"], action), i, func(st map[string]any) {
				if st["Action"] = without; len(without) == 0 {
					st["Action"] = "none:None"
				}
			})
		}
		for r, resource := range resources {
			if len(resources) > 1 {
				change(&narrower, fmt.Sprintf("%s without %s", st["Sid"], resource), i, func(st map[string]any) {
					st["Resource"] = slices.Delete(slices.Clone(resources), r, r+1)
				})
			}
		}
	}
	return wider, narrower
}
