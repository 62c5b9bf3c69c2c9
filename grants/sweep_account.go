package grants

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"port-iam/iamops"
	"port-iam/port"
)

// round is what a sweep does in one account. It has troubles, close looks and a brake of
// its own.
type round struct {
	*Sweeper
	*account

	// What is remembered saves calls; losing it costs some.
	memory  map[string]*memory // of what IAM lists, by name
	turn    string             // the last grant that was looked at closely
	stopped string             // the grant at which the last sweep gave up; "" if it did not

	busy atomic.Bool // a round goes on; what is above is its own
}

// memory is what earlier sweeps found out about one name.
type memory struct {
	succeeded        time.Time // the creation of the role whose run has ended SUCCESS
	foreign, changed bool      // at the last close look
	told             bool      // an event says that it was taken away
}

// sweep looks at the account once and removes what is to go.
func (w *round) sweep(ctx context.Context, entities *inPort) (Report, error) {
	r, err := w.look(ctx, entities, w.remove)
	if r.Braked > 0 {
		w.log.Error("sweep stopped by its brake: many grants have no entity in Port although their runs succeeded; if that is right, run `port-iam grants sweep --yes`",
			keyAccount, w.id, "grants", r.Braked)
	}
	switch {
	case err == nil:
		left := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Removed })
		w.svc.metrics.noteGrants(w.id, left, w.overdue())
		w.svc.recent.noteSweep(w.id, Swept{At: time.Now(), Grants: left})
	case ctx.Err() == nil:
		w.log.Warn("account could not be swept", keyAccount, w.id, keyError, err)
	}
	return r, err
}

// dryRun reports what sweep would do.
func (w *round) dryRun(ctx context.Context, entities *inPort) (Report, error) {
	return w.look(ctx, entities, func(ctx context.Context, j *judged) (err error) {
		j.removed, err = w.judgeAgain(ctx, j)
		return err
	})
}

func (w *round) look(ctx context.Context, entities *inPort, remove func(context.Context, *judged) error) (Report, error) {
	all, err := w.names(ctx, entities)
	if err != nil {
		return Report{}, err
	}
	return w.judgeAndRemove(ctx, all, remove)
}

// noteOverdue counts what IAM lists and should be gone, but not what earlier
// sweeps found to be foreign: of that we know no end.
func (w *round) noteOverdue(listed map[string]iamops.Listed) {
	ours := maps.Clone(listed)
	maps.DeleteFunc(ours, func(name string, _ iamops.Listed) bool { return w.memory[name] != nil && w.memory[name].foreign })
	w.svc.metrics.noteOverdue(w.id, ours, w.overdue())
}

// judged is a name with what is said of it.
type judged struct {
	*facts
	verdict
	known   bool // the verdict could be reached
	removed bool
}

// names lists what IAM and Port hold, beginning behind the name at which the sweep
// before gave up: what always fails must not starve the others.
func (w *round) names(ctx context.Context, entities *inPort) ([]*judged, error) {
	listed, err := w.List(ctx)
	if err != nil {
		w.svc.metrics.forgetGrants(w.id) // they are not known, and not none
		return nil, err
	}
	// Asked after AWS has answered: its answers carry its time.
	if err := w.svc.clockError(); err != nil {
		return nil, fmt.Errorf("nothing is swept: %w", err)
	}
	// Known even where the sweep gets no further.
	w.noteOverdue(listed)
	if err := entities.read(ctx); err != nil {
		return nil, err
	}
	var all []*judged
	for _, f := range behind(w.cases(listed, entities), w.stopped) {
		all = append(all, &judged{facts: f})
	}
	w.stopped = ""
	return all, nil
}

// judgeAndRemove judges all names, and has removed what is to go. Where many of a
// kind mean that something else is wrong, all are judged first.
func (w *round) judgeAndRemove(ctx context.Context, all []*judged, remove func(context.Context, *judged) error) (Report, error) {
	err := w.each(all, func(j *judged) (err error) {
		if j.verdict, err = w.suspect(ctx, j.facts); err != nil {
			return err
		}
		if j.runRead && j.run.ID == "" && (j.state == StateOrphaned || !j.isListed()) {
			w.log.Error("Port does not know the run of a grant", keyGrant, j.name)
		}
		j.known = true
		switch {
		case j.remove == "":
			j.live, j.run = iamops.Live{}, port.Run{} // of all grants, they would take memory until the end
			return nil
		case j.doubtful:
			return nil
		}
		return remove(ctx, j)
	})
	r := Report{Braked: w.brake(all)}
	var doubtful []*judged
	for _, j := range all {
		if j.doubtful && j.remove != "" && !j.braked {
			doubtful = append(doubtful, j)
		}
	}
	removing := w.each(doubtful, func(j *judged) error { return remove(ctx, j) })
	for _, j := range all {
		if j.state != "" { // the sweep came to it
			r.Findings = append(r.Findings, Finding{Account: w.id, Name: j.name, State: j.state, Ends: j.ends, Why: j.why, Removed: j.removed})
		}
	}
	if err == nil {
		err = removing
	}
	return r, err
}

// behind begins behind a name and goes round.
func behind(sorted []*facts, name string) []*facts {
	first := 0
	for first < len(sorted) && sorted[first].name <= name {
		first++
	}
	return slices.Concat(sorted[first:], sorted[:first])
}

// each does something with all names, several at a time, until there is too much
// trouble. The next sweep begins behind what was troubled then.
func (w *round) each(all []*judged, do func(*judged) error) error {
	atOnce := min(parallelSweep, max(1, parallelSweeps/len(w.rounds)))
	last, err := each(len(all), atOnce, func(i int) error {
		w.beat(0)
		err := do(all[i])
		if err != nil {
			w.log.Warn("grant could not be swept", keyGrant, all[i].name, keyError, err)
		}
		return err
	})
	if err != nil {
		w.stopped = cmp.Or(w.stopped, all[last].name)
	}
	return err
}
