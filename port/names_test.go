package port_test

import (
	"context"
	"strings"
	"testing"

	"port-iam/port"
	"port-iam/port/porttest"
)

// A name that would make the path lead elsewhere: deleting the entity ".." of a
// blueprint would delete the blueprint.
func TestImpossibleNamesAreNotSent(t *testing.T) {
	for _, name := range []string{"", ".", "..", strings.Repeat("é", 1001)} {
		for what, call := range map[string]func(context.Context, *port.Client) error{
			"Run": func(ctx context.Context, c *port.Client) error { _, err := c.Run(ctx, name); return err },
			"EndRun": func(ctx context.Context, c *port.Client) error {
				return c.EndRun(ctx, name, port.RunEnd{Status: port.StatusSuccess, Message: "done"})
			},
			"SetStatus": func(ctx context.Context, c *port.Client) error { return c.SetStatus(ctx, name, port.StatusSuccess) },
			"LabelRun":  func(ctx context.Context, c *port.Client) error { return c.LabelRun(ctx, name, "Waiting") },
			"LinkRun":   func(ctx context.Context, c *port.Client) error { return c.LinkRun(ctx, name, "https://example.com") },
			"Entity":    func(ctx context.Context, c *port.Client) error { _, err := c.Entity(ctx, grants, name); return err },
			"Entity of": func(ctx context.Context, c *port.Client) error { _, err := c.Entity(ctx, name, oldGrant); return err },
			"CreateEntity of": func(ctx context.Context, c *port.Client) error {
				return c.CreateEntity(ctx, name, newGrant(), "")
			},
			"DeleteEntity":    func(ctx context.Context, c *port.Client) error { return c.DeleteEntity(ctx, grants, name, "") },
			"DeleteEntity of": func(ctx context.Context, c *port.Client) error { return c.DeleteEntity(ctx, name, oldGrant, "") },
		} {
			inBubble(t, func(t *testing.T, w *world) {
				e := asError(t, call(t.Context(), w.client), port.KindNotFound)
				if e.Status != 0 || len(e.Error()) > 300 {
					t.Errorf("%s of %.5q: %v", what, name, e)
				}
				if n := w.tries(""); n != 0 {
					t.Errorf("%s of %.5q: %d requests", what, name, n)
				}
			})
		}
	}
}

// awkward are names that mean something in a URL.
var awkward = []string{
	"a/b", "a?b=c", "a#b", "a%2Fb", "a%b", "a b", "a+b", "a&b", `a\b`, "a;b", "...", "../x", "ünï", "日本",
	"arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0", strings.Repeat("é", 1000),
}

func TestRunsWithAwkwardNames(t *testing.T) {
	for _, id := range awkward {
		inBubble(t, func(t *testing.T, w *world) {
			w.StartRun(porttest.RunSpec{ID: id, Action: "request_permissions"})
			run, err := w.client.Run(t.Context(), id)
			if err != nil || run.ID != id {
				t.Errorf("Run(%q) is %q: %v", id, run.ID, err)
			}
			if err := w.client.EndRun(t.Context(), id, port.RunEnd{Status: port.StatusFailure, Message: "no"}); err != nil {
				t.Errorf("EndRun(%q): %v", id, err)
			}
			if state, _ := w.Run(id); state.Ends != 1 {
				t.Errorf("run %q ended %d times", id, state.Ends)
			}
		})
	}
}

func TestEntitiesWithAwkwardNames(t *testing.T) {
	for _, id := range awkward {
		if strings.ContainsAny(id, "?#%& ;") {
			continue // Port allows none of these
		}
		inBubble(t, func(t *testing.T, w *world) {
			const blueprint = `team/x\y`
			w.AddBlueprint(`{"identifier":"team/x\\y","schema":{"properties":{}}}`)
			ctx := t.Context()
			if err := w.client.CreateEntity(ctx, blueprint, port.Entity{Identifier: id}, ""); err != nil {
				t.Fatalf("CreateEntity(%q): %v", id, err)
			}
			if e, err := w.client.Entity(ctx, blueprint, id); err != nil || e.Identifier != id {
				t.Errorf("Entity(%q) is %q: %v", id, e.Identifier, err)
			}
			if err := w.client.DeleteEntity(ctx, blueprint, id, ""); err != nil {
				t.Errorf("DeleteEntity(%q): %v", id, err)
			}
			if left := w.Entities(blueprint); len(left) != 0 {
				t.Errorf("left after DeleteEntity(%q): %q", id, left)
			}
		})
	}
}

func TestFiltersWithAwkwardValues(t *testing.T) {
	for _, value := range awkward {
		inBubble(t, func(t *testing.T, w *world) {
			id := w.StartRun(porttest.RunSpec{Action: value, Entity: value, Requester: value + "@example.com"})
			got, err := w.client.Runs(t.Context(), port.RunFilter{Action: value, Entity: value, UserEmail: value + "@example.com"})
			if err != nil || len(got) != 1 || got[0].ID != id {
				t.Errorf("Runs of %q: %+v, %v", value, got, err)
			}
		})
	}
}
