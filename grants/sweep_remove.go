package grants

import (
	"context"
	"time"

	"port-iam/internal/audit"
	"port-iam/port"
)

// remove takes away a grant that is suspected of having to go. Under the lock of
// the grant the live objects are read again and judged again, and only that
// verdict counts.
func (w *round) remove(ctx context.Context, j *judged) error {
	began := time.Now()
	unlock, err := w.svc.locks.lock(ctx, j.name)
	if err != nil {
		return err
	}
	defer unlock()
	goes, err := w.judgeAgain(ctx, j)
	if err != nil {
		return err
	}
	if !goes {
		if j.state != StateForeign { // which has been told
			w.log.Warn("grant stays: it is not what the lists showed", keyGrant, j.name, "state", string(j.state), keyReason, j.why)
		}
		return nil
	}
	var runErr error
	if !j.runRead { // nothing of it was needed to judge, but it may be open
		runErr = w.readRun(ctx, j.facts)
	}
	r := w.svc.newRemoval(opExpire, j.name, w.log, w.account)
	r.by, r.gone = audit.BySweeper, func(ctx context.Context) { w.tellSwept(ctx, &r, j) }
	p := r.places[0]
	defer func() { r.restore(ctx) }()
	for {
		w.beat(0)
		p.live, p.liveErr = j.live, nil
		err := r.takeMade(ctx, standing{run: j.run, runErr: runErr, entity: j.entity})
		// The entity of another role, which goes on, stays, whatever is wrong with this one.
		stays := j.elsewhere && j.verdict.remove != removedExpired && j.run.Status == port.StatusSuccess
		if err == nil && !stays {
			err = w.deleteEntity(ctx, &r, j.facts)
		}
		if err == nil {
			break
		}
		// Between two sweeps the Deny is on the role, so this one waits for AWS to
		// see that nothing hangs on it.
		if p.lifted == nil {
			return err
		}
		c, _ := classify(err) // that the role is not seen any more has an end of its own
		r.note(c)
		if !sleep(ctx, r.pause(0)) {
			return err
		}
		if err := w.lookAt(ctx, j.facts); err != nil {
			return err
		}
	}
	j.removed = true
	w.svc.metrics.removed.WithLabelValues(j.verdict.remove).Inc()
	if j.verdict.remove == removedExpired {
		d := Decision{Operation: opExpire, Outcome: outcomeSucceeded, Account: w.id, Grant: j.name, Took: time.Since(began)}
		w.svc.conclude(w.svc.opts.Log.With(keyOperation, opExpire), d)
	}
	w.log.Info("grant removed", keyAccount, w.id, keyGrant, j.name, keyReason, j.why)
	return nil
}

// deleteEntity deletes the entity of a grant that was removed here, unless the grant may
// be in another account as well, where a person made it again or it was made first: that
// is found there.
func (w *round) deleteEntity(ctx context.Context, r *removal, f *facts) error {
	if f.entity != nil {
		if err := w.readPlace(ctx, f); err != nil || f.mayBeIn != "" {
			return err
		}
	}
	return r.deleteEntity(ctx, "")
}

// brake marks the grants whose run succeeded and of which Port has no entity, or
// one that names a role elsewhere. More than ten and more than a tenth of all grants
// is no rubbish but a broken environment: none of these is removed then. What could
// not be judged counts too.
func (w *round) brake(all []*judged) int {
	var suspects []*judged
	roles := 0
	now := time.Now()
	for _, j := range all {
		if !j.hasRole() {
			continue
		}
		roles++
		unknown := !j.known && j.listed.RunID != "" && (j.entity == nil || j.elsewhere) && !expired(j.listed.Ends, now)
		if j.doubtful || unknown {
			suspects = append(suspects, j)
		}
	}
	const least, part = 10, 10
	if len(suspects) <= least || len(suspects)*part <= roles || w.opts.Force {
		return 0
	}
	for _, j := range suspects {
		j.braked = true
	}
	return len(suspects)
}
