package port_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
	"port-iam/port/porttest"
)

func TestRunsAreChosen(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		ended := w.StartRun(porttest.RunSpec{ID: "r_ended", Action: "request_permissions", Entity: bucket, Requester: "bob@example.com"})
		w.StartRun(porttest.RunSpec{ID: "r_revoke", Action: "revoke_permissions", Entity: oldGrant, Requester: "Bob@Example.com"})
		if err := w.client.EndRun(t.Context(), ended, port.RunEnd{Status: port.StatusSuccess, Message: "done"}); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			filter port.RunFilter
			want   []string
		}{
			"all, newest first": {port.RunFilter{}, []string{"r_revoke", "r_ended", openRun}},
			"of an action":      {port.RunFilter{Action: "request_permissions"}, []string{"r_ended", openRun}},
			"on an entity":      {port.RunFilter{Entity: oldGrant}, []string{"r_revoke"}},
			"of a user":         {port.RunFilter{UserEmail: "bob@example.com"}, []string{"r_revoke", "r_ended"}},
			"still open":        {port.RunFilter{Active: true}, []string{"r_revoke", openRun}},
			"all conditions":    {port.RunFilter{Action: "request_permissions", Active: true, UserEmail: requester, Entity: bucket}, []string{openRun}},
			"no more than":      {port.RunFilter{Limit: 1}, []string{"r_revoke"}},
			"none":              {port.RunFilter{UserEmail: "nobody@example.com"}, []string{}},
		} {
			got, err := w.client.Runs(t.Context(), c.filter)
			if err != nil {
				t.Fatal(err)
			}
			ids := make([]string, 0, len(got))
			for _, r := range got {
				ids = append(ids, r.ID)
			}
			if diff := cmp.Diff(c.want, ids); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		_, err := w.client.Runs(t.Context(), port.RunFilter{Limit: 1001})
		wantError(t, err, port.KindRefused)
	})
}

func TestAThousandRunsAreListed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		inputs := map[string]any{"reason": strings.Repeat("x", 5<<10)} // 5 MiB in all
		for i := range 1100 {
			w.StartRun(porttest.RunSpec{ID: fmt.Sprintf("r_%d", i), Action: "many", Properties: inputs})
		}
		got, err := w.client.Runs(t.Context(), port.RunFilter{Action: "many", Limit: 1000})
		if err != nil || len(got) != 1000 {
			t.Errorf("%d runs, %v", len(got), err)
		}
	})
}

// What is no run must not hide the others, nor a member that cannot be read its run.
func TestAStrangeRunIsLeftOut(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.answerAll(http.StatusOK, `{"ok":true,"runs":[
			{"id":"r_1","status":"SUCCESS"}, {"id":"r_bad","createdAt":"yesterday"}, {"status":"SUCCESS"}, "r_2", null, {"id":"r_3"}]}`)
		got, err := w.client.Runs(t.Context(), port.RunFilter{})
		if err != nil || len(got) != 3 || got[0].ID != "r_1" || got[1].ID != "r_bad" || got[2].ID != "r_3" {
			t.Errorf("runs %+v, %v", got, err)
		}
		if n := strings.Count(w.log.String(), "left out an item"); n != 3 {
			t.Errorf("%d lines about left out runs:\n%s", n, w.log)
		}
	})
}

// The forms in which Port's API gives what a run consists of.
func TestFormsOfARun(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2024, 6, 6, 5, minute, 0, 565e6, time.UTC) }
	const created, updated, ended = `"createdAt":"2024-06-06T05:20:00.565Z"`, `"updatedAt":"2024-06-06T05:21:00.565Z"`, `"endedAt":"2024-06-06T05:22:00.565Z"`
	for name, c := range map[string]struct {
		body string
		want port.Run
	}{
		"identifiers": {
			`"status":"SUCCESS","action":"a","blueprint":"b","entity":"e"`,
			port.Run{Status: port.StatusSuccess, Action: "a", Blueprint: "b", Entity: "e"},
		},
		"objects": {
			`"status":"SUCCESS","action":{"identifier":"a","title":"A"},"blueprint":{"identifier":"b"},"entity":{"identifier":"e","deleted":true}`,
			port.Run{Status: port.StatusSuccess, Action: "a", Blueprint: "b", Entity: "e"},
		},
		"started on nothing":         {`"status":"FAILURE","action":"a","entity":null,"blueprint":null`, port.Run{Status: port.StatusFailure, Action: "a"}},
		"all times":                  {`"status":"FAILURE",` + created + `,` + updated + `,` + ended, port.Run{Status: port.StatusFailure, CreatedAt: at(20), EndedAt: at(22)}},
		"success without its end":    {`"status":"SUCCESS",` + created + `,` + updated, port.Run{Status: port.StatusSuccess, CreatedAt: at(20), EndedAt: at(21)}},
		"failure without its end":    {`"status":"FAILURE",` + updated + `,"endedAt":null`, port.Run{Status: port.StatusFailure, EndedAt: at(21)}},
		"declined":                   {`"status":"DECLINED",` + updated, port.Run{Status: port.StatusDeclined, EndedAt: at(21)}},
		"open":                       {`"status":"IN_PROGRESS",` + created + `,` + updated, port.Run{Status: port.StatusInProgress, CreatedAt: at(20)}},
		"waiting":                    {`"status":"WAITING_FOR_APPROVAL",` + updated, port.Run{Status: port.StatusWaitingForApproval}},
		"no times at all":            {`"status":"SUCCESS"`, port.Run{Status: port.StatusSuccess}},
		"approval not required":      {`"status":"SUCCESS","requiredApproval":false`, port.Run{Status: port.StatusSuccess}},
		"approval required":          {`"status":"SUCCESS","requiredApproval":true`, port.Run{Status: port.StatusSuccess, RequiredApproval: true}},
		"approval of all required":   {`"status":"SUCCESS","requiredApproval":{"type":"ALL"}`, port.Run{Status: port.StatusSuccess, RequiredApproval: true}},
		"no word about the approval": {`"status":"SUCCESS","requiredApproval":null`, port.Run{Status: port.StatusSuccess}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.answerAll(http.StatusOK, `{"ok":true,"run":{"id":"`+openRun+`",`+c.body+`}}`)
				got, err := w.client.Run(t.Context(), openRun)
				if err != nil {
					t.Fatal(err)
				}
				c.want.ID = openRun
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWhatHasEnded(t *testing.T) {
	for status, want := range map[port.Status]bool{
		port.StatusInProgress: false, port.StatusWaitingForApproval: false, "": false, "UNHEARD_OF": false,
		port.StatusSuccess: true, port.StatusFailure: true, port.StatusDeclined: true,
	} {
		if got := status.Ended(); got != want {
			t.Errorf("%q.Ended() is %v", status, got)
		}
	}
}
