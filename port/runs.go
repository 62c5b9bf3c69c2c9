package port

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Run returns a run by its identifier. [KindNotFound] when Port knows no run of
// exactly this identifier; [KindUnavailable] where the answer lacks identifier or
// status. What else cannot be read is in [Run] Unread.
func (c *Client) Run(ctx context.Context, id string) (Run, error) {
	var answer struct {
		Run runAnswer `json:"run"`
	}
	k := call{
		op: "read run " + id, route: routeRunGet,
		path: runPath(id), query: url.Values{"version": {"v2"}}, into: &answer,
	}
	if err := c.do(ctx, k); err != nil {
		return Run{}, err
	}
	r := answer.Run.run()
	switch {
	case r.ID == "" || r.Status == "":
		return Run{}, incomplete(k.op, "run.id or run.status")
	case r.ID != id:
		// Port also finds runs by the identifier that a backend gave them.
		return Run{}, &Error{Op: oneLine(k.op, maxOp), Kind: KindNotFound, Message: "Port answered with another run"}
	}
	return r, nil
}

// RunFilter chooses runs; all its conditions must hold. The zero value of a
// field is no condition.
type RunFilter struct {
	Action    string // identifier of the action
	Entity    string // identifier of what the run was started on
	UserEmail string // who started the run
	Active    bool   // only runs that have not ended
	Limit     int    // at most that many runs, 1 to 1000; 0 leaves it to Port
}

// Runs returns the runs that f chooses. Port has no further pages: runs beyond
// the limit are not reported. What has no identifier is logged and left out, so
// that it does not hide the others.
func (c *Client) Runs(ctx context.Context, f RunFilter) ([]Run, error) {
	q := url.Values{"version": {"v2"}}
	for name, value := range map[string]string{"action": f.Action, "entity": f.Entity, "user_email": f.UserEmail} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Active {
		q.Set("active", "true")
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	var answer struct {
		Runs lenient[[]lenient[runAnswer]] `json:"runs"`
	}
	k := call{
		op: "list runs", route: routeRunList,
		path: []string{"actions", "runs"}, query: q, into: &answer, long: true,
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if !answer.Runs.given {
		return nil, incomplete(k.op, "runs")
	}
	runs := make([]Run, 0, len(answer.Runs.value))
	for _, a := range answer.Runs.value {
		if a.value.ID.value == "" {
			c.leftOut(ctx, k.op)
			continue
		}
		runs = append(runs, a.value.run())
	}
	return runs, nil
}

// leftOut logs that an item of a list is not used.
func (c *Client) leftOut(ctx context.Context, op string) {
	c.log.LogAttrs(ctx, slog.LevelWarn, "left out an item of a list that is not what Port's API describes", slog.String("op", op))
}

// RunEnd is how a run is to end.
type RunEnd struct {
	Status  Status // [StatusSuccess] or [StatusFailure]
	Label   string // a few words that Port shows instead of the status; "" for none
	Message string // for the log of the run
}

// EndRun writes the message into the log of the run and ends the run, in one step.
// Port accepts that once; [KindRefused] when the run has already ended. It is not
// tried again after [KindUnavailable] other than 429, because the run may have
// ended nevertheless: read the run to find out.
func (c *Client) EndRun(ctx context.Context, id string, e RunEnd) error {
	body := map[string]string{"message": e.Message, "terminationStatus": string(e.Status)}
	if e.Label != "" {
		body["statusLabel"] = e.Label
	}
	return c.do(ctx, call{
		op: "end run " + id, route: routeRunLog, method: http.MethodPost,
		path: append(runPath(id), "logs"), body: body, once: true,
	})
}

// SetStatus sets the status of the run, [StatusSuccess] or [StatusFailure], and
// nothing else. [KindRefused] when the run has already ended, which after a lost
// answer may be the effect of an earlier try.
func (c *Client) SetStatus(ctx context.Context, id string, s Status) error {
	return c.do(ctx, patchRun("set the status of run ", id, "status", string(s)))
}

// LabelRun sets the status label of an open run: a few words that Port shows
// instead of the status. It is tried once.
func (c *Client) LabelRun(ctx context.Context, id, label string) error {
	k := patchRun("set the status label of run ", id, "statusLabel", label)
	k.single = true
	return c.do(ctx, k)
}

// LinkRun sets the link that Port shows on the page of an open run. It is tried
// once.
func (c *Client) LinkRun(ctx context.Context, id, link string) error {
	k := patchRun("set the link of run ", id, "link", link)
	k.single = true
	return c.do(ctx, k)
}

func patchRun(op, id, field, value string) call {
	return call{
		op: op + id, route: routeRunPatch, method: http.MethodPatch,
		path: runPath(id), query: url.Values{"version": {"v2"}}, body: map[string]string{field: value},
	}
}

func runPath(id string) []string { return []string{"actions", "runs", id} }

// runAnswer is a run in either version of the API.
type runAnswer struct {
	ID               lenient[string]                     `json:"id"`
	Action           lenient[identifier]                 `json:"action"`
	Blueprint        lenient[identifier]                 `json:"blueprint"`
	Entity           lenient[identifier]                 `json:"entity"`
	Status           lenient[Status]                     `json:"status"`
	RequiredApproval json.RawMessage                     `json:"requiredApproval"`
	Approval         lenient[approvalAnswer]             `json:"approval"`
	Properties       lenient[map[string]json.RawMessage] `json:"properties"`
	StatusLabel      lenient[string]                     `json:"statusLabel"`
	CreatedBy        lenient[string]                     `json:"createdBy"`
	ImpersonatedBy   lenient[string]                     `json:"impersonatedBy"`
	CreatedAt        lenient[time.Time]                  `json:"createdAt"`
	UpdatedAt        lenient[time.Time]                  `json:"updatedAt"`
	EndedAt          lenient[time.Time]                  `json:"endedAt"`
}

// approvalAnswer is the approval of a run as Port gives it.
type approvalAnswer struct {
	UserID lenient[string] `json:"userId"`
	State  lenient[string] `json:"state"`
}

func (a runAnswer) run() Run {
	approval := a.Approval.value
	r := Run{
		ID: a.ID.value, Action: string(a.Action.value), Blueprint: string(a.Blueprint.value), Entity: string(a.Entity.value),
		Status: a.Status.value, Label: a.StatusLabel.value, CreatedBy: a.CreatedBy.value, ImpersonatedBy: a.ImpersonatedBy.value, Properties: a.Properties.value,
		CreatedAt: a.CreatedAt.value, EndedAt: a.EndedAt.value,
		Approval: Approval{UserID: approval.UserID.value, State: approval.State.value},
		Unread: odd([]string{"approval", "action", "blueprint", "entity", "status", "properties", "createdBy", "impersonatedBy", "createdAt", "endedAt"},
			a.Approval.odd || approval.UserID.odd || approval.State.odd, a.Action.odd, a.Blueprint.odd, a.Entity.odd, a.Status.odd, a.Properties.odd, a.CreatedBy.odd, a.ImpersonatedBy.odd, a.CreatedAt.odd, a.EndedAt.odd),
	}
	if r.Status.Ended() && r.EndedAt.IsZero() {
		r.EndedAt = a.UpdatedAt.value // nothing changes an ended run
	}
	switch string(a.RequiredApproval) {
	case "", "null", "false":
	default: // true, or anything that says who has to approve
		r.RequiredApproval = true
	}
	return r
}

// odd returns the names of the members that are odd.
func odd(names []string, is ...bool) (found []string) {
	for i, name := range names {
		if is[i] {
			found = append(found, name)
		}
	}
	return found
}
