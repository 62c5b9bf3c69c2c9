package grants

import (
	"context"
	"errors"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// sighting is when an open run was first seen, and where the topic ended then.
type sighting struct {
	at   time.Time
	ends map[int32]int64
	job  *Job // of a removal that was begun: its patience outlasts a sweep
}

// lostLimit bounds the work on one lost revocation in one sweep.
const lostLimit = 2 * time.Minute

// lostRuns ends or handles runs that stay open although everything that was
// written when they were first seen has been finished: no record will come for
// them any more.
func (w *Sweeper) lostRuns(ctx context.Context) (lost int, err error) {
	o := w.svc.opts
	seen := map[string]bool{}
	var open []port.Run
	for _, action := range o.Actions.All() {
		how, err := w.svc.opts.Portal.Invocation(ctx, action)
		if port.IsKind(err, port.KindNotFound) || err == nil && how != "KAFKA" {
			continue // another backend's runs
		}
		if err != nil {
			return lost, err
		}
		runs, err := o.Portal.Runs(ctx, port.RunFilter{Action: action, Active: true, Limit: 1000})
		if err != nil {
			return lost, err
		}
		for _, r := range runs {
			if r.Status == port.StatusInProgress {
				open = append(open, r)
				seen[r.ID] = true
			}
		}
	}
	for id := range w.waiting {
		if !seen[id] {
			delete(w.waiting, id)
		}
	}
	if len(open) == 0 {
		return 0, nil
	}
	ends, err := w.opts.Offsets.Ends(ctx)
	if err != nil {
		return lost, err
	}
	committed, err := w.opts.Offsets.Committed(ctx)
	if err != nil {
		return lost, err
	}
	var t trouble
	for _, r := range open {
		first, known := w.waiting[r.ID]
		if !known || !passed(ends, first.ends) { // new, or the topic was made again
			w.waiting[r.ID] = &sighting{at: time.Now(), ends: ends}
			continue
		}
		if time.Since(first.at) < w.opts.Grace || !passed(committed, first.ends) {
			continue
		}
		if err := w.recover(ctx, r, first); err != nil {
			w.log.Warn("lost run could not be settled", keyRunID, r.ID, keyError, err)
			if t.giveUpAfter(err) {
				return lost, err
			}
			continue
		}
		lost++
	}
	return lost, nil
}

// passed reports whether everything before the ends is finished.
func passed(committed, ends map[int32]int64) bool {
	for partition, end := range ends {
		if at, ok := committed[partition]; end > 0 && (!ok || at < end) {
			return false
		}
	}
	return true
}

// recover settles a lost run. A grant cannot be made up for: the run does not
// say who asked. What takes access away can.
func (w *Sweeper) recover(ctx context.Context, r port.Run, seen *sighting) error {
	actions := w.svc.opts.Actions
	w.log.Warn("run was lost", keyRunID, r.ID, "action", r.Action)
	switch {
	case r.Action == actions.Grant:
		return w.endLost(ctx, opGrant, iamops.Name(r.ID), r)
	case r.Action == actions.Expire && r.Entity == "":
		return w.endLost(ctx, opExpire, r.ID, r)
	case seen.job == nil:
		rec := port.Record{RunID: r.ID, Action: r.Action, Blueprint: r.Blueprint, Entity: r.Entity, Time: r.CreatedAt}
		if seen.job = w.svc.Revoke(rec); r.Action == actions.Expire {
			seen.job = w.svc.Expire(rec)
		}
	}
	return handle(ctx, seen.job)
}

// endLost ends a run that cannot be carried out any more, and removes what was
// made of a grant.
func (w *Sweeper) endLost(ctx context.Context, operation, name string, r port.Run) error {
	began := time.Now()
	unlock, err := w.svc.locks.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	log := w.log.With(keyRunID, r.ID)
	status, err := w.svc.endRun(ctx, r.ID, port.StatusFailure, "The request was lost, please request again.")
	if errors.Is(err, errUnreportable) {
		w.svc.metrics.unreportable.Inc()
		return nil
	}
	if err != nil {
		return err
	}
	if status == port.StatusFailure {
		d := Decision{Operation: operation, Outcome: outcomeFailed, Grant: name, Summary: "lost", Reason: "lost", Took: time.Since(began)}
		if operation == opGrant {
			d.Resource = r.Entity
		}
		w.svc.conclude(log, d)
	}
	if operation != opGrant || status == port.StatusSuccess {
		return nil
	}
	removal := w.svc.newRemoval(name, log)
	if err := removal.clear(ctx, false); err != nil {
		if _, retryable := classify(err); retryable {
			return err
		}
		removal.unfinished(err)
	}
	return nil
}

// handle works on a run for a while. If it is not finished in time, it returns an
// error and the next sweep continues.
func handle(ctx context.Context, j *Job) error {
	ctx, cancel := context.WithTimeout(ctx, lostLimit)
	defer cancel()
	for {
		err := j.Attempt(ctx)
		var wait *Waiting
		if !errors.As(err, &wait) {
			return nil // finished, or dropped, which has been counted
		}
		if !sleep(ctx, wait.RetryAfter()) {
			return wait
		}
	}
}
