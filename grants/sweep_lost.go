package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"port-iam/port"
)

// sighting is when an open run was first seen, and where the topic ended then.
type sighting struct {
	action string
	at     time.Time
	ends   map[int32]int64
	job    *Job // once the run counts as lost: its patience outlasts a sweep
	// unreportable: Port does not take the end of the run.
	unreportable bool
}

// lostLimit bounds the work on one lost run in one sweep.
const lostLimit = 2 * time.Minute

// lostRuns ends or handles runs that stay open although everything that was
// written when they were first seen has been finished: no record will come for
// them any more. lost is how many have ended by that. An action that cannot be
// read is in the error, and does not keep the runs of the others.
func (w *Sweeper) lostRuns(ctx context.Context) (lost int, err error) {
	if err := w.svc.clockError(); err != nil {
		return 0, fmt.Errorf("lost runs are not looked for: %w", err)
	}
	open, unread := w.openRuns(ctx)
	due, err := w.overdueRuns(ctx, open)
	if err != nil {
		return 0, errors.Join(unread, err)
	}
	settled := make([]bool, len(due))
	_, err = each(len(due), parallelSweep, func(i int) (err error) {
		w.beat(0)
		if settled[i], err = w.recover(ctx, due[i], w.sighting(due[i].ID)); err != nil {
			w.log.Warn("lost run could not be settled", keyRunID, due[i].ID, keyError, err)
		}
		if w.svc.ofAnAccount(err) {
			err = nil // the others may be of another one
		}
		return err
	})
	for i, r := range due {
		if settled[i] {
			lost++
		}
		if first := w.sighting(r.ID); first.job != nil && first.job.unreportable {
			w.mu.Lock()
			first.unreportable = true // the next sweep takes away what was made for it
			w.mu.Unlock()
		}
	}
	return lost, errors.Join(unread, err)
}

// sighting is when an open run was first seen; nil: it was not.
func (w *Sweeper) sighting(run string) *sighting {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting[run]
}

// isUnreportable reports whether a run is open, no record comes for it any more, and
// Port does not take its end.
func (w *Sweeper) isUnreportable(run string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting[run] != nil && w.waiting[run].unreportable
}

// forget forgets all open runs.
func (w *Sweeper) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.waiting)
}

// openRuns lists the runs of our actions that are in progress, and forgets those
// that are not any more. The error says which action could not be read; what was
// known of its runs stays known.
func (w *Sweeper) openRuns(ctx context.Context) (open []port.Run, err error) {
	o := w.svc.opts
	seen, unread := map[string]bool{}, map[string]bool{}
	for _, action := range o.Actions.All() {
		w.beat(0)
		runs, readErr := w.openRunsOf(ctx, action)
		if readErr != nil {
			unread[action] = true
			err = errors.Join(err, fmt.Errorf("lost runs of action %s are not looked for: %w", action, readErr))
		}
		for _, r := range runs {
			if r.Status == port.StatusInProgress {
				r.Action = action
				open = append(open, r)
				seen[r.ID] = true
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.waiting, func(id string, s *sighting) bool { return !seen[id] && !unread[s.action] })
	return open, err
}

// openRunsOf lists the runs of an action that have not ended; none of an action
// that is not there or that Port performs in another way than by Kafka.
func (w *Sweeper) openRunsOf(ctx context.Context, action string) ([]port.Run, error) {
	portal := w.svc.opts.Portal
	how, err := portal.Invocation(ctx, action)
	if port.IsKind(err, port.KindNotFound) || err == nil && how != "KAFKA" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return portal.Runs(ctx, port.RunFilter{Action: action, Active: true, Limit: 1000})
}

// recordLag is how long Port takes at most to write the record of a run that was started.
const recordLag = 5 * time.Second

// overdueRuns are those for which no record will come any more; of the others it
// notes when they were first seen.
func (w *Sweeper) overdueRuns(ctx context.Context, open []port.Run) (due []port.Run, err error) {
	if len(open) == 0 {
		return nil, nil
	}
	w.beat(0)
	ends, err := w.opts.Offsets.Ends(ctx)
	if err != nil {
		return nil, err
	}
	committed, err := w.opts.Offsets.Committed(ctx)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range open {
		first, known := w.waiting[r.ID]
		switch {
		case !known && time.Since(r.CreatedAt) < recordLag: // its record may come behind these ends
		case !known || !passed(ends, first.ends): // new, or the topic was made again
			w.waiting[r.ID] = &sighting{action: r.Action, at: time.Now(), ends: ends}
		case time.Since(first.at) >= w.opts.Grace && passed(committed, first.ends):
			due = append(due, r)
		}
	}
	return due, nil
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
// false: it is as open as before.
func (w *Sweeper) recover(ctx context.Context, r port.Run, seen *sighting) (settled bool, err error) {
	actions := w.svc.opts.Actions
	if seen.job == nil {
		w.log.Warn("run was lost", keyRunID, r.ID, "action", r.Action)
		rec := port.Record{
			RunID: r.ID, Action: r.Action, Blueprint: r.Blueprint, Entity: r.Entity, Time: r.CreatedAt,
			Signature: port.SignatureValid, // Port itself says that the run exists
		}
		work := map[string]func(port.Record) *Job{actions.Revoke: w.svc.Revoke, actions.Expire: w.svc.Expire}
		for _, id := range actions.GrantIDs() {
			work[id] = w.svc.Grant
		}
		seen.job = work[r.Action](rec)
		seen.job.lost = actions.IsGrant(r.Action) || r.Action == actions.Expire && r.Entity == ""
		seen.job.name = cmp.Or(seen.job.name, r.ID)
	}
	return handle(ctx, seen.job)
}

// ofAnAccount reports whether it is one of several accounts that has an attempt wait.
func (s *Service) ofAnAccount(err error) bool {
	c, _ := classify(err)
	return err != nil && s.only() == nil && c == causeAWS
}

// handle works on a run for a while, and reports whether it has ended. If it is
// not finished in time, or one of several accounts does not answer, it returns an error
// and the next sweep continues.
func handle(ctx context.Context, j *Job) (ended bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lostLimit)
	defer cancel()
	defer j.Abandon()
	var why error // what it waits for, which our own limit is not
	for {
		err := j.Attempt(ctx)
		wait, waits := errors.AsType[*Waiting](err)
		if waits && ctx.Err() == nil {
			why = wait
		}
		switch {
		case waits && j.lost && j.cleaning: // for the next sweep to clean up
			return true, nil
		case !waits: // or it was dropped, which has been counted
			return err == nil && !j.unreportable, nil
		case j.svc.ofAnAccount(why), j.cause == causeAudit, ctx.Err() != nil, !sleep(ctx, wait.RetryAfter()):
			return false, cmp.Or(why, err)
		}
	}
}
