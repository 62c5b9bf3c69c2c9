package port_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
	"port-iam/port/porttest"
)

func TestEveryMethodSucceedsAtOnce(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		if err := m.call(t.Context(), w.client); err != nil {
			t.Fatal(err)
		}
		if n := w.tries(m.route); n != 1 {
			t.Errorf("%d requests of %s, want 1", n, m.route)
		}
		if n := w.tries(""); n != 2 {
			t.Errorf("%d requests, want one for a token and one more", n)
		}
	})
}

func TestAccountIsRead(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		id, err := w.client.OrganizationID(t.Context())
		if err != nil || id != "org_demo" {
			t.Errorf("OrganizationID: %q, %v", id, err)
		}
		got, err := w.client.KafkaCredentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := port.KafkaAccess{Brokers: []string{"broker.example:9196"}, Username: "kafka-user", Password: "kafka-password"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("KafkaCredentials (-want +got):\n%s", diff)
		}
	})
}

func TestRunIsRead(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		created := time.Now()
		got, err := w.client.Run(t.Context(), openRun)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got.CreatedBy, "auth0|") {
			t.Errorf("created by %q, want the id of a person", got.CreatedBy)
		}
		want := port.Run{
			ID: openRun, Action: "request_permissions", Blueprint: "aws_resource", Entity: bucket,
			Status: port.StatusInProgress, CreatedAt: created, CreatedBy: got.CreatedBy,
			Properties: map[string]json.RawMessage{
				"permissions": json.RawMessage(`["s3:PutObject",{"identifier":"s3:GetObject","title":"Get"}]`),
				"duration":    json.RawMessage(`"1h"`),
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("open run (-want +got):\n%s", diff)
		}

		pass(time.Minute)
		if err := w.client.EndRun(t.Context(), openRun, port.RunEnd{Status: port.StatusFailure, Message: "first line\nsecond line"}); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if got, err = w.client.Run(t.Context(), openRun); err != nil {
			t.Fatal(err)
		}
		want.Status, want.EndedAt = port.StatusFailure, created.Add(time.Minute)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ended run (-want +got):\n%s", diff)
		}
		state, _ := w.Run(openRun)
		if len(state.Logs) != 1 || state.Logs[0].Message != "first line\nsecond line" {
			t.Errorf("log of the run: %+v", state.Logs)
		}
	})
}

func TestStatusIsSetWithoutALog(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		if err := w.client.SetStatus(t.Context(), openRun, port.StatusSuccess); err != nil {
			t.Fatal(err)
		}
		state, _ := w.Run(openRun)
		if state.Status != "SUCCESS" || len(state.Logs) != 0 {
			t.Errorf("run is %s with %d logs", state.Status, len(state.Logs))
		}
	})
}

// TestRunPage: what a run shows beside its status and its log.
func TestRunPage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		want := porttest.RunState{StatusLabel: "Waiting for AWS", Link: "https://example.com/a?b=c&d"}
		if err := errors.Join(w.client.LabelRun(ctx, openRun, want.StatusLabel), w.client.LinkRun(ctx, openRun, want.Link.(string))); err != nil {
			t.Fatal(err)
		}
		if got, _ := w.Run(openRun); got.StatusLabel != want.StatusLabel || got.Link != want.Link || got.Status != "IN_PROGRESS" {
			t.Errorf("run is %s, label %q, link %v", got.Status, got.StatusLabel, got.Link)
		}
		if err := w.client.EndRun(ctx, openRun, port.RunEnd{Status: port.StatusSuccess, Label: "Granted", Message: "done"}); err != nil {
			t.Fatal(err)
		}
		if got, _ := w.Run(openRun); got.StatusLabel != "Granted" || got.Logs[0].StatusLabel != "Granted" || got.Status != "SUCCESS" {
			t.Errorf("ended run is %s, label %q: %+v", got.Status, got.StatusLabel, got.Logs)
		}
	})
}

// TestExtrasAreTriedOnce: what only helps people is not worth a second request.
func TestExtrasAreTriedOnce(t *testing.T) {
	for name, f := range map[string]porttest.Fault{
		"fails": {Status: 503}, "limited": {Status: 429, RetryAfter: "1"}, "lost": {Kind: porttest.LostRequest},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				f.Route, f.Count = "run_patch", 2
				w.Fault(f)
				wantError(t, w.client.LabelRun(t.Context(), openRun, "Waiting"), port.KindUnavailable)
				wantError(t, w.client.LinkRun(t.Context(), openRun, "https://example.com"), port.KindUnavailable)
				if n := w.tries("run_patch"); n != 2 {
					t.Errorf("%d requests, want 2", n)
				}
			})
		})
	}
}

// An ended run refuses every change, so it cannot be ended twice.
func TestAnEndedRunRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		if err := w.client.EndRun(ctx, openRun, port.RunEnd{Status: port.StatusSuccess, Message: "done"}); err != nil {
			t.Fatal(err)
		}
		log := asError(t, w.client.EndRun(ctx, openRun, port.RunEnd{Status: port.StatusFailure, Message: "again"}), port.KindRefused)
		if log.Code != "run_exhausted" || log.Status != 422 || log.TraceID == "" {
			t.Errorf("second end: %+v", log)
		}
		wantError(t, w.client.SetStatus(ctx, openRun, port.StatusFailure), port.KindRefused)
		write := asError(t, w.client.CreateEntity(ctx, grants, newGrant(), openRun), port.KindRefused)
		if write.Code != "run_exhausted" {
			t.Errorf("write under an ended run: %+v", write)
		}
		wantError(t, w.client.DeleteEntity(ctx, grants, oldGrant, openRun), port.KindRefused)
		if state, _ := w.Run(openRun); state.Status != "SUCCESS" || state.Ends != 1 {
			t.Errorf("run is %s, ended %d times", state.Status, state.Ends)
		}
	})
}

func TestEntityIsWrittenReadAndDeleted(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ctx, e, now := t.Context(), newGrant(), time.Now().UTC()
		if err := w.client.CreateEntity(ctx, grants, e, openRun); err != nil {
			t.Fatal(err)
		}
		// A second write changes nothing.
		e.Properties = map[string]json.RawMessage{"role_arn": json.RawMessage(`"arn"`)}
		taken := asError(t, w.client.CreateEntity(ctx, grants, e, openRun), port.KindRefused)
		if taken.Status != 409 || taken.Code != "identifier_taken" {
			t.Errorf("second write: %+v", taken)
		}
		got, err := w.client.Entity(ctx, grants, e.Identifier)
		if err != nil {
			t.Fatal(err)
		}
		want := newGrant()
		want.UpdatedAt = now
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("entity (-want +got):\n%s", diff)
		}

		if err := w.client.DeleteEntity(ctx, grants, e.Identifier, openRun); err != nil {
			t.Fatal(err)
		}
		_, err = w.client.Entity(ctx, grants, e.Identifier)
		wantError(t, err, port.KindNotFound)
		wantError(t, w.client.DeleteEntity(ctx, grants, e.Identifier, ""), port.KindNotFound)
	})
}

func TestEntitiesThatOthersNeedStay(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		if err := w.client.CreateEntity(t.Context(), grants, newGrant(), ""); err != nil {
			t.Fatal(err)
		}
		e := asError(t, w.client.DeleteEntity(t.Context(), "aws_resource", bucket, ""), port.KindRefused)
		if e.Code != "has_dependents" {
			t.Errorf("code %q", e.Code)
		}
	})
}

func TestWritesThatDoNotFitAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*port.Entity)
		kind   port.Kind
		code   string
	}{
		"unknown property":  {func(e *port.Entity) { e.Properties["nonsense"] = json.RawMessage(`1`) }, port.KindRefused, "blueprint_schema_mismatch"},
		"wrong type":        {func(e *port.Entity) { e.Properties["iam_policy"] = json.RawMessage(`"{}"`) }, port.KindRefused, "blueprint_schema_mismatch"},
		"wrong identifier":  {func(e *port.Entity) { e.Identifier = "a*" }, port.KindRefused, "invalid_request"},
		"unknown resource":  {func(e *port.Entity) { e.Relations["aws_resource"] = json.RawMessage(`"no"`) }, port.KindNotFound, "not_found"},
		"not JSON at all":   {func(e *port.Entity) { e.Properties["iam_policy"] = json.RawMessage(`{`) }, port.KindRefused, ""},
		"several resources": {func(e *port.Entity) { e.Relations["aws_resource"] = json.RawMessage(`["a"]`) }, port.KindRefused, "relation_many_violation"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				e := newGrant()
				c.change(&e)
				if got := asError(t, w.client.CreateEntity(t.Context(), grants, e, openRun), c.kind); got.Code != c.code {
					t.Errorf("code %q, want %q", got.Code, c.code)
				}
				if _, exists := w.Entity(grants, e.Identifier); exists {
					t.Error("the entity was written")
				}
			})
		})
	}
}
