package grants

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"port-iam/port"
)

// sighting is when an open run was first seen, and where the topic ended then.
type sighting struct {
	at   time.Time
	ends map[int32]int64
	job  *Job // once the run counts as lost: its patience outlasts a sweep
}

// lostLimit bounds the work on one lost run in one sweep.
const lostLimit = 2 * time.Minute

// lostRuns ends or handles runs that stay open although everything that was
// written when they were first seen has been finished: no record will come for
// them any more.
func (w *Sweeper) lostRuns(ctx context.Context) (lost int, err error) {
	o := w.svc.opts
	seen := map[string]bool{}
	var open []port.Run
	for _, action := range o.Actions.All() {
		how, err := o.Portal.Invocation(ctx, action)
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
				r.Action = action
				open = append(open, r)
				seen[r.ID] = true
			}
		}
	}
	maps.DeleteFunc(w.waiting, func(id string, _ *sighting) bool { return !seen[id] })
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
// say who asked. What takes access away can, if the run says from which grant.
func (w *Sweeper) recover(ctx context.Context, r port.Run, seen *sighting) error {
	actions := w.svc.opts.Actions
	w.log.Warn("run was lost", keyRunID, r.ID, "action", r.Action)
	if seen.job == nil {
		rec := port.Record{
			RunID: r.ID, Action: r.Action, Blueprint: r.Blueprint, Entity: r.Entity, Time: r.CreatedAt,
			Signature: port.SignatureValid, // Port itself says that the run exists
		}
		work := map[string]func(port.Record) *Job{
			actions.Grant: w.svc.Grant, actions.Revoke: w.svc.Revoke, actions.Expire: w.svc.Expire,
		}
		seen.job = work[r.Action](rec)
		seen.job.lost = r.Action == actions.Grant || r.Action == actions.Expire && r.Entity == ""
		seen.job.name = cmp.Or(seen.job.name, r.ID)
	}
	return handle(ctx, seen.job)
}

// handle works on a run for a while. If it is not finished in time, it returns an
// error and the next sweep continues.
func handle(ctx context.Context, j *Job) error {
	ctx, cancel := context.WithTimeout(ctx, lostLimit)
	defer cancel()
	for {
		err := j.Attempt(ctx)
		wait, waits := errors.AsType[*Waiting](err)
		if !waits || j.lost && j.cleaning {
			return nil // finished, dropped, which has been counted, or for the next sweep to clean up
		}
		if !sleep(ctx, wait.RetryAfter()) {
			return wait
		}
	}
}
