package grants

import (
	"context"
	"time"

	"port-iam/port"
)

// act takes away a grant that is to be removed. Under the lock of the grant the
// live objects are read again and judged again: the removal stands only if the
// same reason still holds.
func (w *Sweeper) act(ctx context.Context, j *judged) error {
	began := time.Now()
	unlock, err := w.svc.locks.lock(ctx, j.name)
	if err != nil {
		return err
	}
	defer unlock()
	reason := j.remove
	j.looked, j.seen, j.entityRead = false, seen{}, false
	j.runRead = j.runRead && j.run.Status.Ended()
	j.verdict, err = w.examine(ctx, j.facts, false)
	if err != nil || j.remove != reason {
		return err
	}
	if !j.runRead { // nothing of it was needed to judge, but it may be open
		if err := w.readRun(ctx, j.facts); err != nil {
			return err
		}
	}
	r := removal{svc: w.svc, name: j.name, log: w.log}
	if err := r.take(ctx, j.run, j.live, false, ""); err != nil {
		return err
	}
	j.removed = true
	w.svc.metrics.removed.WithLabelValues(reason).Inc()
	if reason == removedExpired {
		w.svc.conclude(w.log, Decision{Operation: opExpire, Outcome: outcomeSucceeded, Grant: j.name, Took: time.Since(began)})
	}
	w.log.Info("grant removed", keyGrant, j.name, keyReason, j.why)
	return nil
}

// brake marks the grants whose run succeeded and of which Port has no entity. More
// than ten and more than a tenth of all grants is no rubbish but a broken
// environment: none of these is removed then. What could not be judged counts too.
func (w *Sweeper) brake(all []*judged) int {
	var suspects []*judged
	roles := 0
	now := time.Now()
	for _, j := range all {
		if !j.listed.HasRole() {
			continue
		}
		roles++
		if j.listed.RunID == "" || j.entity != nil || expired(j.listed.Ends, now) {
			continue
		}
		if !j.known || j.state == StateOrphaned && j.run.Status == port.StatusSuccess && !j.late() {
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
