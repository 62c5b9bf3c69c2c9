// Package audit keeps what was decided about grants: one [Event] for each decision,
// as a line of JSON in a file or on a stream. It is written and never read here.
//
// A [Log] tells whether an event was kept, within a time that is bounded also where
// the file system or the reader of a pipe hangs; what follows from that is for the
// caller to decide. docs/audit.md describes the events for those who read them.
package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// What was decided.
const (
	Granted = "granted" // the access is about to begin
	Refused = "refused" // the request is not allowed
	Failed  = "failed"  // we, AWS or Port could not carry it out
	Revoked = "revoked" // a person took the access away
	Expired = "expired" // its time was over, and it was taken away
	Removed = "removed" // what should not have been there was taken away
	Dropped = "dropped" // a record did not fit its run, and was left out
)

// Who had it done.
const (
	ByRequester = "requester"
	ByPort      = "port"
	BySweeper   = "sweeper"
	ByOperator  = "operator"
)

// Event is one decision. What is not known is left out.
type Event struct {
	Time  time.Time `json:"time"` // when the event was written, in UTC; zero: now
	Event string    `json:"event"`
	// RunID is the run that was decided: of a revocation its own. Where no run asked
	// for it, it is the one that made the grant.
	RunID     string `json:"run_id,omitempty"`
	Grant     string `json:"grant,omitempty"` // its name
	Account   string `json:"account,omitempty"`
	RoleARN   string `json:"role_arn,omitempty"`
	RoleID    string `json:"role_id,omitempty"`   // AROA…, which CloudTrail knows the sessions by
	Requester string `json:"requester,omitempty"` // as Port names people
	UserID    string `json:"user_id,omitempty"`   // of IAM Identity Center
	Approver  string `json:"approver,omitempty"`  // as Port names people
	// PortAction is the identifier of the action of the run in Port.
	PortAction  string    `json:"port_action,omitempty"`
	Actor       string    `json:"actor,omitempty"`       // the caller ARN of an operator
	Resource    string    `json:"resource,omitempty"`    // its ARN, where that is known
	Related     []string  `json:"related,omitempty"`     // ARNs of resources that belong to it
	Permissions []string  `json:"permissions,omitempty"` // that were asked for, by their identifiers in Port
	Actions     []string  `json:"actions,omitempty"`     // of IAM
	Start       time.Time `json:"start,omitzero"`
	End         time.Time `json:"end,omitzero"` // of the access; left out: until it is revoked
	Reason      string    `json:"reason,omitempty"`
	By          string    `json:"by,omitempty"`
	Why         string    `json:"why,omitempty"` // why it was decided so
	Version     string    `json:"version,omitempty"`
}

// Most characters of what others wrote. An ARN has 2,048 at most, and all actions of a
// policy fit a list.
const (
	mostShort = 320
	mostLong  = 2048
	mostList  = 8192 // of all elements together
)

// line is the event as it is kept, with its end of line.
func (e Event) line() ([]byte, error) {
	for _, s := range []*string{
		&e.Event, &e.RunID, &e.Grant, &e.Account, &e.RoleID, &e.Requester, &e.UserID, &e.Approver, &e.PortAction, &e.By, &e.Version,
	} {
		*s = cut(*s, mostShort)
	}
	for _, s := range []*string{&e.RoleARN, &e.Actor, &e.Resource, &e.Reason, &e.Why} {
		*s = cut(*s, mostLong)
	}
	for _, l := range []*[]string{&e.Related, &e.Permissions, &e.Actions} {
		*l = cutList(*l)
	}
	e.Time, e.Start, e.End = e.Time.UTC().Truncate(time.Millisecond), e.Start.UTC(), e.End.UTC()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("encode audit event: %w", err)
	}
	return append(escaped(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), '\n'), nil
}

// cut shortens a text.
func cut(s string, most int) string {
	if len(s) <= most { // bytes are at least as many
		return s
	}
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// cutList shortens a list, and says so in its last element.
func cutList(list []string) []string {
	var out []string
	left := mostList
	for i, s := range list {
		s = cut(s, mostLong)
		if left -= utf8.RuneCountInString(s); left < 0 {
			return append(out, fmt.Sprintf("… and %d more", len(list)-i))
		}
		out = append(out, s)
	}
	return out
}

// escaped is JSON without characters that a terminal would obey or that cannot be
// seen: each is written as JSON's \u and its number.
func escaped(text []byte) []byte {
	out := make([]byte, 0, len(text)+1)
	for _, r := range string(text) {
		switch {
		case unicode.IsGraphic(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
