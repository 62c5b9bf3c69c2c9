package port_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
)

// A member in another form than Port's API describes hides nothing else of a run,
// and is not taken for absent.
func TestMembersOfARunThatCannotBeRead(t *testing.T) {
	const whole = `"action":"a","blueprint":"b","entity":"e","createdBy":"u","impersonatedBy":"m","createdAt":"2024-06-06T05:20:00Z","endedAt":"2024-06-06T05:22:00Z"`
	full := port.Run{
		ID: openRun, Action: "a", Blueprint: "b", Entity: "e", Status: port.StatusSuccess, CreatedBy: "u", ImpersonatedBy: "m",
		CreatedAt: time.Date(2024, 6, 6, 5, 20, 0, 0, time.UTC), EndedAt: time.Date(2024, 6, 6, 5, 22, 0, 0, time.UTC),
	}
	for name, c := range map[string]struct {
		forms []string
		clear func(*port.Run)
	}{
		"action":         {[]string{`5`, `[]`, `{}`, `{"identifier":5}`, `true`}, func(r *port.Run) { r.Action = "" }},
		"blueprint":      {[]string{`5`, `["b"]`, `{"title":"b"}`}, func(r *port.Run) { r.Blueprint = "" }},
		"entity":         {[]string{`5`, `[{"identifier":"e"}]`, `{"identifier":null}`}, func(r *port.Run) { r.Entity = "" }},
		"createdBy":      {[]string{`5`, `{"id":"u"}`, `["u"]`}, func(r *port.Run) { r.CreatedBy = "" }},
		"impersonatedBy": {[]string{`true`, `{"id":"m"}`, `["m"]`}, func(r *port.Run) { r.ImpersonatedBy = "" }},
		"createdAt":      {[]string{`""`, `"yesterday"`, `1717651200000`, `"2024-06-06 05:20:00"`, `{}`}, func(r *port.Run) { r.CreatedAt = time.Time{} }},
		"endedAt":        {[]string{`""`, `0`, `false`}, func(r *port.Run) { r.EndedAt = time.Time{} }},
		"properties":     {[]string{`[]`, `"x"`, `5`}, func(*port.Run) {}},
	} {
		for _, form := range c.forms {
			t.Run(name+form, func(t *testing.T) {
				inBubble(t, func(t *testing.T, w *world) {
					run := `{"id":"` + openRun + `","status":"SUCCESS",` + whole + `,"` + name + `":` + form + `}`
					want := full
					c.clear(&want)
					want.Unread = []string{name}
					w.answerAll(http.StatusOK, `{"ok":true,"run":`+run+`,"runs":[`+run+`]}`)
					got, err := w.client.Run(t.Context(), openRun)
					if diff := cmp.Diff(want, got); err != nil || diff != "" {
						t.Fatalf("%v (-want +got):\n%s", err, diff)
					}
					list, err := w.client.Runs(t.Context(), port.RunFilter{})
					if diff := cmp.Diff([]port.Run{want}, list); err != nil || diff != "" {
						t.Errorf("list: %v (-want +got):\n%s", err, diff)
					}
					e := asError(t, got.Readable("id", name), port.KindUnavailable)
					if !strings.Contains(e.Error(), `"`+name+`"`) || got.Readable("id", "other") != nil {
						t.Errorf("readable: %v, %v", e, got.Readable("id", "other"))
					}
				})
			})
		}
	}
}

// null is absent, and neither it nor an odd approval makes a run unreadable.
func TestNullMembersOfARun(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.answerAll(http.StatusOK, `{"ok":true,"run":{"id":"`+openRun+`","status":"IN_PROGRESS","action":null,"blueprint":null,"entity":null,"createdBy":null,"impersonatedBy":null,
			"createdAt":null,"updatedAt":"soon","endedAt":null,"properties":null,"requiredApproval":["ALL",{"x":5}]}}`)
		got, err := w.client.Run(t.Context(), openRun)
		want := port.Run{ID: openRun, Status: port.StatusInProgress, RequiredApproval: true}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestEntitiesThatCannotBeRead(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		odd := `{"identifier":"` + bucket + `","title":5,"properties":[],"relations":"x"}`
		w.answerAll(http.StatusOK, `{"ok":true,"entity":`+odd+`,"entities":[`+odd+`,{"title":"x"},5,null,{"identifier":"e","properties":null}]}`)
		want := port.Entity{Identifier: bucket, Unread: []string{"title", "properties", "relations"}}
		got, err := w.client.Entity(t.Context(), "aws_resource", bucket)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		wantError(t, got.Readable("properties"), port.KindUnavailable)
		list, err := w.client.Entities(t.Context(), "aws_resource")
		if diff := cmp.Diff([]port.Entity{want, {Identifier: "e"}}, list); err != nil || diff != "" {
			t.Errorf("list: %v (-want +got):\n%s", err, diff)
		}
		if n := strings.Count(w.log.String(), "left out an item"); n != 3 {
			t.Errorf("%d lines about left out entities:\n%s", n, w.log)
		}
	})
}

func TestFormsOfBrokers(t *testing.T) {
	for form, want := range map[string][]string{
		`null`: nil, `{}`: nil, `5`: nil, `""`: nil, `[]`: nil, `["a:1","b:2"]`: {"a:1", "b:2"},
		`"a:1, b:2,"`: {"a:1", "b:2"}, `["a:1",5,null,""]`: {"a:1"},
	} {
		inBubble(t, func(t *testing.T, w *world) {
			w.answerAll(http.StatusOK, `{"ok":true,"credentials":{"brokers":`+form+`,"username":"u","password":"p"}}`)
			got, err := w.client.KafkaCredentials(t.Context())
			if err != nil || !slices.Equal(got.Brokers, want) || got.Username != "u" || got.Password != "p" {
				t.Errorf("%s: %v, %v", form, got, err)
			}
		})
	}
}
