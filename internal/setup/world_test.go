package setup_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"port-iam/internal/setup"
	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const account = "123456789012"

// object is a JSON object.
type object = map[string]any

// world is an organisation in Port and a client of it.
type world struct {
	*porttest.Server
	client *port.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Server: porttest.New(porttest.Options{})}
	w.AddTeams("dev", "on-call", "security", "sre")
	w.CheckFaults(t)
	l := porttest.NewListener()
	t.Cleanup(w.Serve(l))
	hc := l.Client()
	t.Cleanup(hc.CloseIdleConnections)
	var err error
	w.client, err = port.New(port.Options{
		BaseURL: "http://port.example", ClientID: "client", ClientSecret: "secret", HTTPClient: hc,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// choice is what most tests install.
func choice() setup.Choice {
	return setup.Choice{Partition: "aws", Actions: templates.Automation{
		Accounts:  []string{account},
		ActionIDs: templates.ActionIDs{Grants: []templates.GrantAction{{ID: "request_permissions"}}, Revoke: "revoke_permissions", Expire: "revoke_expired_permissions"},
	}}
}

func want(t *testing.T, c setup.Choice) setup.Desired {
	t.Helper()
	d, err := setup.Want(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// install compares and applies, and returns what was shown.
func (w *world) install(ctx context.Context, d setup.Desired) (shown, progress string, err error) {
	var plan *setup.Plan
	if plan, err = setup.Compare(ctx, w.client, d); err != nil {
		return "", "", err
	}
	var show, done strings.Builder
	if err := plan.Write(&show); err != nil {
		return "", "", err
	}
	err = plan.Apply(ctx, &done)
	return show.String(), done.String(), err
}

func (w *world) mustInstall(t *testing.T, d setup.Desired) (shown, progress string) {
	t.Helper()
	shown, progress, err := w.install(t.Context(), d)
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	return shown, progress
}

// writes are the calls that changed something.
func (w *world) writes() []string {
	var all []string
	for _, c := range w.Calls() {
		switch c.Route {
		case "token", "organization", "blueprint_get", "action_get", "action_permissions_get", "team_get", "entity_get":
		default:
			all = append(all, c.Route+" "+c.ID)
		}
	}
	return all
}

// settled fails unless another run finds nothing to do and does nothing.
func (w *world) settled(t *testing.T, d setup.Desired) {
	t.Helper()
	w.ResetCalls()
	plan, err := setup.Compare(t.Context(), w.client, d)
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	if err := plan.Write(&shown); err != nil {
		t.Fatal(err)
	}
	if !plan.Empty() {
		t.Errorf("a second run would change:\n%s", &shown)
	}
	var progress strings.Builder
	if err := plan.Apply(t.Context(), &progress); err != nil || progress.Len() > 0 {
		t.Errorf("a second run: %v\n%s", err, &progress)
	}
	if got := w.writes(); len(got) > 0 {
		t.Errorf("a second run wrote: %q", got)
	}
}

// has fails unless a blueprint or action is the same as the JSON.
func has(t *testing.T, name string, got object, ok bool, want any) {
	t.Helper()
	if !ok {
		t.Errorf("%s does not exist", name)
		return
	}
	if diff := cmp.Diff(plain(t, want), plain(t, got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// plain is a value as any JSON decoder gives it.
func plain(t *testing.T, v any) any {
	t.Helper()
	text, isText := v.(string)
	b := []byte(text)
	var err error
	if !isText {
		b, err = json.Marshal(v)
	}
	var out any
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// at is what a path leads to.
func at(o object, path ...string) any { return port.Object(o).At(path...) }
