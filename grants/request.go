package grants

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"port-iam/iamops"
	"port-iam/port"
)

// Inputs of the grant action, as the form in Port names them.
const (
	inputPermissions = port.InputPermissions
	inputDuration    = "duration"
	inputReason      = "reason"
)

// badInput is the summary of a request with a wrong input.
func badInput(name string) string { return fmt.Sprintf("input %q is wrong", name) }

const (
	minDuration = 15 * time.Minute
	// minLeft is how much of a grant must be left when it is handled.
	minLeft = 5 * time.Minute
	// maxAge is how long after its start a request may still be granted: who asked
	// does not expect it any more, and what it was judged by may have changed.
	maxAge         = 24 * time.Hour
	maxReasonChars = 500
)

// request is what a run asks for, from the run as Port has it. Its actions and its end
// are known once the catalogue was read: see [Terms.workOut].
type request struct {
	iamops.Request
	entity      string   // of the resource
	permissions []string // the entities that were asked for
	bundles     []string // those of them that stand for several actions, with these
	reason      string
	duration    time.Duration // that was asked for; 0: none
	now         time.Time     // when it is handled
}

// readRequest takes the request out of a run. Its errors refuse the request:
// they name the input, what was expected and what to do.
func (t Terms) readRequest(run port.Run, target resource, requester string, start, now time.Time) (request, error) {
	r := request{Request: iamops.Request{RunID: run.ID, Requester: requester, Resource: target.arn, Start: start}, entity: target.id, now: now}
	if now.Sub(start) > maxAge {
		return r, r.tooLate("")
	}
	if requester == "" {
		return r, refuse("the run has no requester", "the run has no requester with an e-mail, and a grant is made for one person: start the action as a user of Port")
	}
	var err error
	if r.UserName, err = t.UserName(requester); err != nil {
		return r, private(refuse("the requester cannot be a user name in AWS", "the requester %w", err))
	}
	if r.permissions, err = run.EntityIDs(inputPermissions); err != nil {
		return r, refuse(badInput(inputPermissions), "%w", err)
	}
	if err := fewEnough(r.permissions); err != nil {
		return r, err
	}
	if r.reason, err = readReason(run); err != nil {
		return r, err
	}
	r.duration, err = t.readDuration(run)
	return r, err
}

func (r *request) tooLate(asked string) error {
	return refuse("the request waited too long", "the request waited too long, please request again: it was made at %s%s", r.Start.Format(time.RFC3339), asked)
}

// setEnd works out when the grant ends: after what was asked for, or else after the
// shorter of the usual duration and the longest that the permissions may be had for.
func (t Terms) setEnd(r *request, o offer) error {
	lasts, limit := r.duration, o.maxDuration
	switch {
	case lasts == 0 && (t.Duration == 0 || limit > 0 && limit < t.Duration):
		lasts = limit
	case lasts == 0:
		lasts = t.Duration
	case limit > 0 && lasts > limit:
		return refuse(badInput(inputDuration), "input %q is %s, and permission %s may be had for %s at most: ask for less", inputDuration, short(lasts), o.limitedBy, short(limit))
	}
	if lasts == 0 {
		return nil
	}
	r.End = r.Start.Add(lasts)
	if r.now.After(r.End.Add(-minLeft)) {
		return r.tooLate(fmt.Sprintf(" for %s", short(lasts)))
	}
	return nil
}

func readReason(run port.Run) (string, error) {
	reason, err := run.Text(inputReason)
	if err != nil {
		return "", refuse(badInput(inputReason), "%w", err)
	}
	reason = strings.Join(strings.FieldsFunc(reason, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	if n := utf8.RuneCountInString(reason); n > maxReasonChars {
		return "", refuse(badInput(inputReason), "input %q has %d characters and may have %d: shorten it", inputReason, n, maxReasonChars)
	}
	return reason, nil
}

// readDuration returns how long a grant was asked for; 0 where the request does not say.
func (t Terms) readDuration(run port.Run) (time.Duration, error) {
	text, err := run.Text(inputDuration)
	if err != nil {
		return 0, refuse(badInput(inputDuration), "%w", err)
	}
	if text == "" {
		return 0, nil
	}
	d, err := parseDuration(text)
	if err != nil {
		return 0, refuse(badInput(inputDuration), "input %q is %q, and a duration such as 30m, 8h or 1d was expected: enter one", inputDuration, text)
	}
	if d < minDuration {
		return 0, refuse(badInput(inputDuration), "input %q is %s, and the shortest duration is %s: ask for more", inputDuration, text, short(minDuration))
	}
	if t.MaxDuration > 0 && d > t.MaxDuration {
		return 0, refuse(badInput(inputDuration), "input %q is %s, and the longest duration here is %s: ask for less", inputDuration, text, short(t.MaxDuration))
	}
	return d.Truncate(time.Second), nil
}

// parseDuration reads a duration of Go, or days, such as 1d.
func parseDuration(text string) (time.Duration, error) {
	days, is := strings.CutSuffix(text, "d")
	if !is {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	return time.Duration(n) * 24 * time.Hour, err
}

// short is a duration as people write it: 8h and not 8h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// startedOn says what a run was started on.
func startedOn(run port.Run) string {
	if run.Entity == "" {
		return "nothing"
	}
	return fmt.Sprintf("%q of blueprint %q", run.Entity, run.Blueprint)
}

// readable ends a run that fits its record, where Port gives one of these members
// in a form that cannot be read: it is not absent, and nothing is to be guessed.
func readable(run port.Run, members ...string) error {
	if err := run.Readable(members...); err != nil {
		return unreadable(err)
	}
	return nil
}

func unreadable(err error) error {
	return &failure{outcome: outcomeFailed, summary: "Port's answer cannot be read", err: err}
}

// startOf is when a grant begins, the same for every attempt: when its run was
// made, or, where it had to be approved first, when Port wrote the record after
// that. The record's time is believed only within bounds.
func startOf(run port.Run, rec port.Record, now time.Time) (time.Time, error) {
	if !run.RequiredApproval {
		return run.CreatedAt.UTC().Truncate(time.Second), nil
	}
	const tolerance = 5 * time.Minute
	if rec.Time.Before(run.CreatedAt.Add(-tolerance)) || rec.Time.After(now.Add(tolerance)) {
		return time.Time{}, fmt.Errorf("its timestamp %s is not between the start of the run and now", rec.Time.UTC().Format(time.RFC3339))
	}
	return rec.Time.UTC().Truncate(time.Second), nil
}
