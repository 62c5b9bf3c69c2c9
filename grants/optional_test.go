package grants_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// optionals are the properties of grants that a blueprint may lack.
var optionals = []string{"account", "aws_profile", "console_url"}

// blueprintWith gives the blueprint of grants these of them, with a type.
func (w *world) blueprintWith(kind string, names ...string) {
	w.t.Helper()
	b, _ := w.port.Blueprint(grantEntity)
	properties := b["schema"].(map[string]any)["properties"].(map[string]any)
	for _, name := range optionals {
		if delete(properties, name); slices.Contains(names, name) {
			properties[name] = map[string]any{"type": kind}
		}
	}
	text, err := json.Marshal(b)
	w.must(err)
	w.port.AddBlueprint(string(text))
}

// written are the optional properties of the entity of a run.
func (w *world) written(run string) (names []string) {
	e, _ := w.port.Entity(grantEntity, iamops.Name(run))
	for _, name := range optionals {
		if e["properties"].(map[string]any)[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// TestOptionalProperties: an entity has those that its blueprint has as texts, at the cost
// of one refusal and one read of the blueprint.
func TestOptionalProperties(t *testing.T) {
	for _, has := range [][]string{nil, {"account"}, {"aws_profile", "console_url"}, {"console_url"}, optionals} {
		t.Run(strings.Join(has, " "), func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				w.blueprintWith("string", has...)
				p := w.process()
				w.port.ResetCalls()
				for range 2 {
					rec := w.request(nil)
					p.succeed(rec)
					if got := w.written(rec.RunID); !slices.Equal(got, has) {
						t.Errorf("the entity has %q", got)
					}
				}
				want := 0
				if len(has) < len(optionals) {
					want = 1
				}
				if n := w.port.CallCount("entity_upsert"); n != 2+want {
					t.Errorf("%d writes of 2 entities", n)
				}
				if n := w.port.CallCount("blueprint_get"); n != want {
					t.Errorf("the blueprint was read %d times", n)
				}
			})
		})
	}
}

// TestOptionalOfAnotherType: what is no text in Port is left out, too.
func TestOptionalOfAnotherType(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.blueprintWith("number", optionals...)
		rec := w.request(nil)
		w.process().succeed(rec)
		if got := w.written(rec.RunID); len(got) > 0 {
			t.Errorf("the entity has %q", got)
		}
	})
}

// TestBlueprintIsLost: while Port does not give the blueprint the grant waits, and where
// Port has none, its refusal of the entity counts.
func TestBlueprintIsLost(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		w.blueprintWith("string")
		rec := w.request(nil)
		p := w.process()
		j := p.job(rec)
		back := w.port.Fault(porttest.Fault{Route: "blueprint_get", Status: http.StatusServiceUnavailable, Count: -1})
		if p.attempt(j) {
			t.Error("finished while Port does not give the blueprint")
		}
		back()
		w.must(p.finish(context.Background(), j))
		w.wantRun(rec.RunID, "SUCCESS")

		rec = w.request(nil)
		w.port.Fault(porttest.Fault{Route: "blueprint_get", Status: http.StatusNotFound, Count: -1})
		p = w.process() // which knows nothing of the blueprint
		w.must(p.finish(context.Background(), p.job(rec)))
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "Port refused the entity of the grant")
	})
}
