package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"port-iam/internal/audit"
)

// audit shows the events that the daemon has written, and checks that they are the
// decisions of the story.
func (s *story) audit(context.Context) error {
	var events []audit.Event
	for line := range strings.Lines(s.daemon.Audit()) {
		var e audit.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
		s.say("   %s", strings.TrimSpace(line))
		events = append(events, e)
	}
	want := []audit.Event{{Event: audit.Refused, RunID: s.refused, Grant: "Permission-" + s.refused, Approver: s.Port.UserID(alice)}}
	for _, g := range s.grants {
		want = append(want,
			audit.Event{Event: audit.Granted, RunID: g.run, Grant: "Permission-" + g.run, RoleID: g.roleID, Approver: g.approver},
			audit.Event{Event: audit.Revoked, RunID: g.revokedBy, Grant: "Permission-" + g.run, RoleID: g.roleID},
		)
	}
	for _, w := range want {
		if !slices.ContainsFunc(events, func(e audit.Event) bool { return same(e, w) }) {
			return fmt.Errorf("there is no event %s of run %s with grant %s, role %q and approver %q", w.Event, w.RunID, w.Grant, w.RoleID, w.Approver)
		}
	}
	for _, e := range events {
		if !slices.ContainsFunc(want, func(w audit.Event) bool { return same(e, w) }) {
			return fmt.Errorf("the event %s of run %s is not of the story", e.Event, e.RunID)
		}
	}
	return nil
}

// same reports whether two events tell of the same decision, and the first of who asked
// for it and when.
func same(e, w audit.Event) bool {
	return e.Event == w.Event && e.RunID == w.RunID && e.Grant == w.Grant && e.RoleID == w.RoleID && e.Approver == w.Approver &&
		e.Requester != "" && !e.Time.IsZero()
}
