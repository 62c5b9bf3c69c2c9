package port_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
	"port-iam/port/porttest"
)

// object decodes the JSON of a test.
func object(t *testing.T, text string) port.Object {
	t.Helper()
	var o port.Object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

const (
	newBlueprint = `{"identifier":"team/α","title":"Team","schema":{"properties":{"size":{"type":"number","maximum":5}}}}`
	newAction    = `{"identifier":"a=b","trigger":{"type":"self-service","operation":"DELETE","blueprintIdentifier":"aws_resource",
		"userInputs":{"properties":{}}},"invocationMethod":{"type":"KAFKA","payload":{"context":{"account":"123456789012"}}}}`
)

// What is created is read back whole, and updated without a loss.
func TestBlueprintsAndActions(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx, c := t.Context(), w.client
		if err := c.CreateBlueprint(ctx, object(t, newBlueprint)); err != nil {
			t.Fatal(err)
		}
		if got := w.Pages(); !cmp.Equal(got, []string{"team/α"}) {
			t.Errorf("catalogue pages: %q", got)
		}
		b, err := c.Blueprint(ctx, "team/α")
		if err != nil || b.At("schema", "properties", "size", "maximum") != json.Number("5") {
			t.Fatalf("%v %v", b, err)
		}
		if err := c.UpdateBlueprint(ctx, "team/α", port.Object{"title": "Teams"}); err != nil {
			t.Fatal(err)
		}
		if got, _ := w.Blueprint("team/α"); got["title"] != "Teams" || got["schema"] == nil {
			t.Errorf("after the update: %v", got)
		}

		if err := c.CreateAction(ctx, object(t, newAction)); err != nil {
			t.Fatal(err)
		}
		a, err := c.Action(ctx, "a=b")
		if err != nil || a.Text("trigger", "operation") != "DELETE" {
			t.Fatalf("%v %v", a, err)
		}
		changed := object(t, newAction)
		changed["title"] = "A"
		if err := c.ReplaceAction(ctx, "a=b", changed); err != nil {
			t.Fatal(err)
		}
		if got, _ := w.Action("a=b"); got["title"] != "A" {
			t.Errorf("after the update: %v", got)
		}
		if err := c.CreateEntity(ctx, grants, newGrant(), ""); err != nil {
			t.Fatal(err)
		}
		if _, made := w.Entity(grants, newGrant().Identifier); !made {
			t.Error("the entity was not made")
		}
	})
}

func TestBlueprintAndActionErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		call   func(context.Context, *port.Client, *testing.T) error
		kind   port.Kind
		status int
	}{
		{"no blueprint", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			_, err := c.Blueprint(ctx, "none")
			return err
		}, port.KindNotFound, 404},
		{"no action", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			_, err := c.Action(ctx, "none")
			return err
		}, port.KindNotFound, 404},
		{"no action, so no account", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			_, err := c.ActionAccounts(ctx, "none")
			return err
		}, port.KindNotFound, 404},
		{"blueprint exists", func(ctx context.Context, c *port.Client, t *testing.T) error {
			return c.CreateBlueprint(ctx, object(t, `{"identifier":"aws_resource","title":"A","schema":{"properties":{}}}`))
		}, port.KindRefused, 409},
		{"action exists", func(ctx context.Context, c *port.Client, t *testing.T) error {
			body := object(t, newAction)
			body["identifier"] = "request_permissions"
			return c.CreateAction(ctx, body)
		}, port.KindRefused, 409},
		{"entity exists", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			return c.CreateEntity(ctx, grants, port.Entity{Identifier: oldGrant}, "")
		}, port.KindRefused, 409},
		{"no such blueprint to update", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			return c.UpdateBlueprint(ctx, "none", port.Object{"title": "A"})
		}, port.KindNotFound, 404},
		{"a field that Port adds itself", func(ctx context.Context, c *port.Client, t *testing.T) error {
			body := object(t, newAction)
			body["createdAt"] = "2030-01-01T00:00:00Z"
			return c.ReplaceAction(ctx, "request_permissions", body)
		}, port.KindRefused, 422},
		{"no action, so no permissions", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			_, err := c.ActionPermissions(ctx, "none")
			return err
		}, port.KindNotFound, 404},
		{"no action to restrict", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			return c.SetActionPermissions(ctx, "none", port.Object{})
		}, port.KindNotFound, 404},
		{"no blueprint, so no permissions", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			_, err := c.BlueprintPermissions(ctx, "none")
			return err
		}, port.KindNotFound, 404},
		{"permissions that Port does not know", func(ctx context.Context, c *port.Client, t *testing.T) error {
			return c.SetActionPermissions(ctx, "request_permissions", object(t, `{"approve":{"ownedByTeam":true}}`))
		}, port.KindRefused, 422},
		{"a path that leads elsewhere", func(ctx context.Context, c *port.Client, _ *testing.T) error {
			return c.ReplaceAction(ctx, "..", port.Object{})
		}, port.KindNotFound, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				if e := asError(t, tt.call(t.Context(), w.client, t), tt.kind); e.Status != tt.status {
					t.Errorf("status %d, want %d: %v", e.Status, tt.status, e)
				}
			})
		})
	}
}

// An answer without what was asked for is not taken for an empty one.
func TestAnswersThatLackABlueprintOrAction(t *testing.T) {
	for name, call := range map[string]func(context.Context, *port.Client) error{
		"Blueprint": func(ctx context.Context, c *port.Client) error { _, err := c.Blueprint(ctx, "b"); return err },
		"Action":    func(ctx context.Context, c *port.Client) error { _, err := c.Action(ctx, "a"); return err },
		"ActionAccounts": func(ctx context.Context, c *port.Client) error {
			_, err := c.ActionAccounts(ctx, "a")
			return err
		},
		"ActionPermissions": func(ctx context.Context, c *port.Client) error {
			_, err := c.ActionPermissions(ctx, "a")
			return err
		},
		"BlueprintPermissions": func(ctx context.Context, c *port.Client) error {
			_, err := c.BlueprintPermissions(ctx, "b")
			return err
		},
	} {
		for _, body := range []string{
			`{"ok":true}`, `{"ok":true,"action":null,"blueprint":null}`, `{"ok":true,"action":{"identifier":"x"},"blueprint":{"identifier":"x"}}`,
			`{"ok":true,"action":[],"blueprint":[]}`,
		} {
			inBubble(t, func(t *testing.T, w *world) {
				w.answerAll(200, body)
				if err := call(t.Context(), w.client); !port.IsKind(err, port.KindUnavailable) {
					t.Errorf("%s, answer %s: %v", name, body, err)
				}
			})
		}
	}
}

// Who may use an action is read whole, and set without touching the rest.
func TestPermissions(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx, c, id := t.Context(), w.client, "request_permissions"
		w.AddTeams("a", "b")
		if err := c.Team(ctx, "a"); err != nil {
			t.Error(err)
		}
		wantError(t, c.Team(ctx, "c"), port.KindNotFound)
		may, err := c.ActionPermissions(ctx, id)
		if err != nil || !cmp.Equal(may.At("execute", "roles"), any([]any{"Admin", "Member"})) {
			t.Fatalf("%v %v", may, err)
		}
		if err := c.SetActionPermissions(ctx, id, object(t, `{"execute":{"users":[],"roles":["Admin"],"teams":["b","a"],"ownedByTeam":true}}`)); err != nil {
			t.Fatal(err)
		}
		got := port.Object(w.ActionPermissions(id))
		if !cmp.Equal(got.At("execute", "teams"), any([]any{"a", "b"})) || !cmp.Equal(got.At("approve"), may.At("approve")) {
			t.Errorf("after the change: %v", got)
		}
		b, err := c.BlueprintPermissions(ctx, "aws_resource")
		if err != nil || b.At("entities", "register", "roles") == nil {
			t.Errorf("%v %v", b, err)
		}
		for _, route := range []string{"action_permissions_get", "action_permissions_patch", "blueprint_permissions_get"} {
			if metrics := w.metrics(t); !strings.Contains(metrics, `value:"`+route+`"`) {
				t.Errorf("there is no metric of %s:\n%s", route, metrics)
			}
		}
	})
}

// What this program does not know goes back as it came.
func TestNumbersAreKept(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		const body = `{"identifier":"b","maximum":12345678901234567890.10,"list":[1e3]}`
		w.answerAll(200, `{"ok":true,"blueprint":`+body+`}`)
		got, err := w.client.Blueprint(t.Context(), "b")
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(got)
		if want := `{"identifier":"b","list":[1e3],"maximum":12345678901234567890.10}`; err != nil || string(text) != want {
			t.Errorf("got %s, want %s: %v", text, want, err)
		}
	})
}

// A creation whose answer is lost is tried again, and then refused: there is one.
func TestCreationWhoseAnswerIsLost(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.Fault(porttest.Fault{Route: "blueprint_create", Kind: porttest.LostAnswer})
		if err := w.client.CreateBlueprint(t.Context(), object(t, newBlueprint)); !port.IsKind(err, port.KindRefused) {
			t.Errorf("got %v", err)
		}
		if _, made := w.Blueprint("team/α"); !made {
			t.Error("it was not made")
		}
	})
}
