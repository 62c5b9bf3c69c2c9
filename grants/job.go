package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// stepTime bounds the work of one attempt. It is shorter than what the caller
// allows for the attempt, so that there is time left to end a run that failed.
const stepTime = 15 * time.Second

// lockTime bounds the wait for another one that works on the grant, such as a sweep: that
// may hang with its account, and the attempt keeps runs of others waiting.
const lockTime = 100 * time.Millisecond

// Job is the work for one record. It is not safe for concurrent use. Everything
// it remembers between attempts may be lost without harm.
type Job struct {
	removal        // of the grant, where it comes to that; its patience is first with the run
	action  string // its identifier in Port
	rec     port.Record
	lost    bool // the record is lost, and the run cannot be carried out without it

	began   time.Time // the first attempt
	failing time.Time // since when Port fails this run alone; zero: it does not
	ended   bool      // the end of the run is in the metrics
	// unreportable: the last attempt finished the record of a run that is open and
	// whose end Port does not take.
	unreportable bool
	making       bool   // this job began to make role and policy
	roleID       string // AWS's, of the role that was made or adopted
	// What events say: the request as far as it was read, who asked and approved, as the
	// run says once the record was found to fit, and the last event that was written.
	want                        request
	requester, approver, userID string
	entity                      string // of the run
	told                        string
	made                        *iamops.Plan // created by this job, entity written, not yet attached
	linked                      bool         // the link of the run was sent
	account                     *account     // of a grant, once it is known; nil before
	resource                    string       // ARN, once it is known
	cleaning                    bool         // the run has ended, what was made of it is being removed
}

// Key is the name of the grant: one thing happens to a grant at a time.
func (j *Job) Key() string { return j.name }

// Urgent is true for what takes access away.
func (j *Job) Urgent() bool { return j.op != opGrant }

// errUnreportable: the run is open and Port refuses its end.
var errUnreportable = errors.New("Port refuses the end of an open run")

// Attempt works on the run once. nil: finished, and j.unreportable tells whether
// the run has stayed open because Port does not take its end: such a run is
// counted and logged once in a process, however many jobs meet it, and what was
// made for it is left to the sweep. An error that wraps [port.ErrMismatch]: the
// record does not fit its run and was dropped; nothing was done about the run. A
// [Waiting]: not finished, call again after its time.
func (j *Job) Attempt(ctx context.Context) error {
	err := j.attempt(ctx)
	switch waits, ok := errors.AsType[*Waiting](err); {
	case !ok:
		j.label.close()
	case ctx.Err() == nil:
		j.label.goOn(waits)
	}
	return err
}

func (j *Job) attempt(ctx context.Context) error {
	soon, cancel := context.WithTimeout(ctx, lockTime)
	unlock, err := j.svc.locks.lock(soon, j.name)
	cancel()
	if err != nil {
		return &Waiting{after: firstWait, err: &again{causeTurn, errors.New("the grant is being worked on already")}}
	}
	defer unlock()
	if j.cause != causeUnknownRun {
		j.label.begin(waitsForPort)
	}
	inFlight := j.svc.metrics.inFlight.WithLabelValues(j.op)
	inFlight.Inc()
	defer inFlight.Dec()
	if j.began.IsZero() {
		j.began = time.Now()
		j.log.Debug("run taken up", keyGrant, j.name)
	}

	j.unreportable = false
	var stepped error
	defer func() { j.leave(stepped) }()
	if err := j.admitted(); err != nil && !j.over(causeAWS) {
		return j.wait(err)
	}
	answered := j.probe(ctx)
	defer answered() // what was asked ends with the attempt
	err = j.step(ctx)
	stepped = err
	if waits, ok := errors.AsType[*again](err); !ok || waits.cause != causeLifted {
		j.restore(ctx)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		// The attempt was ended from outside: nothing is decided by that.
		return &Waiting{after: firstWait, err: context.Cause(ctx)}
	}
	if f, failed := errors.AsType[*failure](err); failed {
		// Decide first, then act: the run is ended before anything is removed.
		err = j.fail(ctx, f, err)
	}
	if waits, ok := errors.AsType[*again](err); ok && waits.cause == causeTurn {
		return &Waiting{err: err}
	}
	poisoned := j.poisoned(err, answered)
	mismatch, unreportable := errors.Is(err, port.ErrMismatch), errors.Is(err, errUnreportable)
	if err != nil && !mismatch && !unreportable && !poisoned {
		return j.wait(err)
	}
	switch {
	case poisoned && j.cleaning:
		j.unfinished(err)
	case poisoned, unreportable:
		j.leaveOpen(err)
	default:
		return err
	}
	return nil
}

// Abandon is to be called where no other attempt follows, and none has finished.
func (j *Job) Abandon() {
	j.label.close()
	if !j.any(func(p *place) bool { return p.lifted != nil }) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
	defer cancel()
	unlock, err := j.svc.locks.lock(ctx, j.name)
	if err != nil {
		return
	}
	defer unlock()
	j.restore(ctx)
}

// leaveOpen finishes the record of a run whose end Port does not take.
func (j *Job) leaveOpen(err error) {
	j.unreportable = true
	j.svc.failing.remove(j.rec.RunID)
	if j.svc.unreportable.add(j.rec.RunID) {
		j.svc.metrics.unreportable.Inc()
		j.log.Error("run cannot be reported", keyGrant, j.name, keyError, err)
	}
}

// signatureFault says what is wrong with the record's signature; "" where nothing is.
func (j *Job) signatureFault() string {
	switch {
	case j.rec.Signature == port.SignatureWrong:
		return "its signature does not fit"
	case j.rec.Signature == port.SignatureAbsent && j.svc.opts.RequireSignature:
		return "it is not signed, and signatures are required"
	}
	return ""
}

// fits reports whether the record fits an open run that is to be worked on, as far
// as the run says.
func (j *Job) fits(run port.Run) bool {
	return j.signatureFault() == "" && run.Action == j.action && run.Status == port.StatusInProgress &&
		(run.Entity == "" || run.Entity == j.rec.Entity)
}

// step does the work within its time and turns what will not get better into a
// failure.
func (j *Job) step(ctx context.Context) error {
	if fault := j.signatureFault(); fault != "" {
		return j.drop(eventSignature, "%s", fault)
	}
	// A wrong clock makes wrong ends and wrong expiries; revoking needs no clock.
	if err := j.svc.clockError(); err != nil && j.op != opRevoke {
		return &again{causeClock, err}
	}
	work := j.revoke
	switch {
	case j.lost:
		return &failure{outcome: outcomeFailed, summary: summaryLost, err: errors.New(summaryLost)}
	case j.op == opGrant:
		work = j.grant
	}
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	err := work(ctx)
	_, failed := errors.AsType[*failure](err)
	_, waits := errors.AsType[*again](err)
	c, retryable := classify(err)
	switch {
	case err == nil, failed, waits, errors.Is(err, port.ErrMismatch), errors.Is(err, errUnreportable):
		return err
	case !retryable:
		return giveUp("%w", err)
	case j.over(c):
		return giveUp("gave up after %s: %w", err, short(j.limit(c)))
	}
	return &again{c, err}
}

// ownRun reads the job's run. That Port does not know it may be because we are
// ahead of Port, for a moment; then the record is dropped. It is too where Port
// refuses to give the run: what the record says cannot be compared.
func (j *Job) ownRun(ctx context.Context) (port.Run, error) {
	run, err := j.svc.opts.Portal.Run(ctx, j.rec.RunID)
	switch {
	case !isAnswer(err):
		return run, err
	case j.over(causeUnknownRun):
		return run, j.drop(eventUnknownRun, "Port does not give the run: %w", err)
	}
	return run, &again{causeUnknownRun, err}
}

// open checks that the record fits its run, and that the run is to be worked on.
// Where it is not, the attempt ends with the error. What does not fit is dropped
// and the run is left to its genuine record. What cannot be compared, because Port
// gives it in a form that cannot be read, is waited for.
func (j *Job) open(ctx context.Context, run port.Run) (bool, error) {
	unread := run.Readable("action", "entity")
	switch {
	case run.Action == "" && unread != nil:
		return false, unread
	case run.Action != j.action:
		return false, j.drop(eventWrongAction, "the run is of action %q", run.Action)
	case run.Status.Ended():
		return false, j.follow(ctx, run.Status, isFresh(run))
	case run.Status != port.StatusInProgress:
		j.log.Info("run is not to be acted upon", keyGrant, j.name, keyReason, string(run.Status))
		return false, nil
	case unread != nil:
		return false, unread
	case run.Entity != "" && run.Entity != j.rec.Entity:
		return false, j.drop(eventWrongEntity, "the run was started on %q and the record names %q", run.Entity, j.rec.Entity)
	}
	if run.ImpersonatedBy != "" || run.Readable("impersonatedBy") != nil {
		j.rec.Requester = "" // the person whom the record names has not asked, perhaps
	}
	j.label.confirm()
	j.entity, j.approver = run.Entity, run.Approval.UserID
	if j.op != opGrant { // of a grant the e-mail, once that is confirmed
		j.requester = run.CreatedBy
	}
	return true, nil
}

// wait turns an unfinished attempt into the time of the next one.
func (j *Job) wait(err error) error {
	c, _ := classify(err)
	j.note(c)
	w := &Waiting{after: j.pause(askedToWait(err)), err: err}
	level := slog.LevelWarn
	if c == causeBusy { // as many do, and often
		level = slog.LevelDebug
	}
	j.log.Log(context.Background(), level, "run waits", keyGrant, j.name, keyWait, w.after.String(), keyError, err)
	return w
}

// drop leaves the run alone: the record does not fit it.
func (j *Job) drop(event, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	j.svc.metrics.events.WithLabelValues(event).Inc()
	j.svc.tellDropped(event, j.rec.RunID)
	j.log.Warn("record dropped: it does not fit its run", keyReason, event, keyError, err)
	return fmt.Errorf("%w: %w", port.ErrMismatch, err)
}

// decision is the record of how the run ended.
func (j *Job) decision(outcome string) Decision {
	d := Decision{Operation: j.op, Outcome: outcome, Grant: j.name, Account: j.in(), Requester: j.rec.Requester}
	if j.op == opGrant {
		d.Resource = cmp.Or(j.resource, j.rec.Entity)
	}
	return d
}

// in is the account that the run is about; "" where that is not known.
func (j *Job) in() string {
	if j.account != nil {
		return j.account.id
	}
	for _, p := range j.places {
		if p.saw() || len(j.places) == 1 {
			return p.id
		}
	}
	return ""
}
