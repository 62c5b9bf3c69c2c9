package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"port-iam/iamops"
	"port-iam/internal/priority"
	"port-iam/internal/pulse"
	"port-iam/templates"
)

// closeLooks is how many grants one sweep looks at closely, in turn: what lists
// do not show is found there.
const closeLooks = 50

// LeastGrace is the shortest [SweepOptions] Grace that is safe: what AWS was told
// is visible everywhere by then.
const LeastGrace = visibilityLag

// Offsets is how far the consumer group has come, by partition.
type Offsets interface {
	// Ends are the offsets that the next records will have.
	Ends(ctx context.Context) (map[int32]int64, error)
	// Committed are the offsets up to which all records are finished; a
	// partition without a commit is left out.
	Committed(ctx context.Context) (map[int32]int64, error)
}

// SweepOptions configure [Service.NewSweeper].
type SweepOptions struct {
	// Offsets is nil where lost runs are not looked for.
	Offsets Offsets
	// Interval is the time between two sweeps.
	Interval time.Duration
	// Grace is how long something must look orphaned or lost before it is acted
	// upon. With less than [LeastGrace], what is only not visible yet looks so.
	Grace time.Duration
	// Sweeping reports whether this instance is the one that sweeps.
	Sweeping func() bool
	// Force overrides the brake, and removes grants whose run Port does not know
	// and that have no end.
	Force bool
}

// Sweeper cleans up what no run will: grants whose time is over, what crashes
// and outages left behind, runs that were lost. It is the only part that looks
// at all grants. One sweep runs at a time.
type Sweeper struct {
	svc  *Service
	opts SweepOptions
	log  *slog.Logger

	// What is remembered saves calls; losing it costs some.
	memory  map[string]*memory   // of what IAM lists, by name
	turn    string               // the last grant that was looked at closely
	stopped string               // the grant at which the last sweep gave up; "" if it did not
	waiting map[string]*sighting // open runs, by id

	pulse pulse.Pulse
}

// memory is what earlier sweeps found out about one name.
type memory struct {
	succeeded        time.Time // the creation of the role whose run has ended SUCCESS
	foreign, changed bool      // at the last close look
	// unreportable: the run is open, no record comes for it any more, and Port does
	// not take its end.
	unreportable bool
}

// NewSweeper makes a sweeper. It shares the locks of the service, so that one
// thing happens to a grant at a time.
func (s *Service) NewSweeper(o SweepOptions) *Sweeper {
	return &Sweeper{
		svc: s, opts: o, log: s.opts.Log.With(keyOperation, "sweep"),
		memory: map[string]*memory{}, waiting: map[string]*sighting{},
	}
}

// stepLimit is more than the longest step of a sweep takes: to list everything, or to
// work on one grant or one lost run, while AWS throttles.
const stepLimit = 15 * time.Minute

// beat is called before each step that has an end, and says how long that waits at
// first: a sweep of hours is alive, and one that hangs is not.
func (w *Sweeper) beat(wait time.Duration) { w.pulse.Beat(wait + stepLimit) }

// Alive returns nil while [Sweeper.Run] makes progress, and while it does not run;
// else for how long it has made none. It does not wait.
func (w *Sweeper) Alive() error { return w.pulse.Alive() }

// Run sweeps at every interval while this instance is the one that sweeps, until
// ctx ends.
func (w *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(w.opts.Interval)
	defer tick.Stop()
	defer w.pulse.Stop()
	for {
		w.beat(w.opts.Interval)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !w.opts.Sweeping() {
			w.svc.metrics.noteGrants(nil, time.Time{})
			w.svc.recent.noteSweep(Swept{})
			clear(w.waiting) // another instance watches them now
			continue
		}
		if _, err := w.Sweep(ctx); err != nil && ctx.Err() == nil {
			w.log.Error("sweep failed", keyError, err)
		}
	}
}

// Sweep looks at everything once and removes what is to go. Its error says why
// it could not go on; what it did until then is in the report.
func (w *Sweeper) Sweep(ctx context.Context) (Report, error) {
	r, err := w.sweep(priority.With(ctx, priority.Tidying))
	result := "ok"
	switch {
	case err != nil:
		result = "failed"
	case r.Braked > 0:
		result = "stopped"
		w.log.Error("sweep stopped by its brake: many grants have no entity in Port although their runs succeeded; if that is right, run `port-iam grants sweep --yes`", "grants", r.Braked)
	}
	w.svc.metrics.sweeps.WithLabelValues(result).Inc()
	return r, err
}

func (w *Sweeper) sweep(ctx context.Context) (Report, error) {
	w.beat(0)
	all, err := w.names(ctx)
	if err != nil {
		return Report{}, err
	}
	r, err := w.judgeAndRemove(ctx, all, w.remove)
	if err == nil {
		left := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Removed })
		w.svc.metrics.noteGrants(left, w.overdue())
		w.svc.recent.noteSweep(Swept{At: time.Now(), Grants: left})
	}
	if w.opts.Offsets != nil {
		var lostErr error
		r.Lost, lostErr = w.lostRuns(ctx)
		err = errors.Join(err, lostErr)
	}
	return r, err
}

// DryRun reports what the next sweep would do, and changes nothing.
func (w *Sweeper) DryRun(ctx context.Context) (Report, error) {
	dry := w.svc.NewSweeper(w.opts)
	dry.log, dry.turn, dry.stopped = slog.New(slog.DiscardHandler), w.turn, w.stopped
	all, err := dry.names(ctx)
	if err != nil {
		return Report{}, err
	}
	return dry.judgeAndRemove(ctx, all, func(ctx context.Context, j *judged) (err error) {
		j.removed, err = dry.judgeAgain(ctx, j)
		return err
	})
}

// overdue is the time before which a grant that ended should be gone.
func (w *Sweeper) overdue() time.Time { return time.Now().Add(-2 * w.opts.Interval) }

// noteOverdue counts what IAM lists and should be gone, but not what earlier
// sweeps found to be foreign: of that we know no end.
func (w *Sweeper) noteOverdue(listed map[string]iamops.Listed) {
	ours := maps.Clone(listed)
	maps.DeleteFunc(ours, func(name string, _ iamops.Listed) bool { return w.memory[name] != nil && w.memory[name].foreign })
	w.svc.metrics.noteOverdue(ours, w.overdue())
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
func (w *Sweeper) names(ctx context.Context) ([]*judged, error) {
	listed, err := w.svc.opts.Access.List(ctx)
	if err != nil {
		return nil, err
	}
	// Asked after AWS has answered: its answers carry its time.
	if err := w.svc.clockError(); err != nil {
		return nil, fmt.Errorf("nothing is swept: %w", err)
	}
	// Known even where the sweep gets no further.
	w.noteOverdue(listed)
	entities, err := w.svc.opts.Portal.Entities(ctx, templates.BlueprintGrant)
	if err != nil {
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
func (w *Sweeper) judgeAndRemove(ctx context.Context, all []*judged, remove func(context.Context, *judged) error) (Report, error) {
	err := w.each(all, func(j *judged) (err error) {
		if j.verdict, err = w.suspect(ctx, j.facts); err != nil {
			return err
		}
		if j.runRead && j.run.ID == "" && (j.state == StateOrphaned || !j.isListed()) {
			w.log.Error("Port does not know the run of a grant", keyGrant, j.name)
		}
		if j.known = true; j.remove == "" || j.doubtful {
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
			r.Findings = append(r.Findings, Finding{Name: j.name, State: j.state, Ends: j.ends, Why: j.why, Removed: j.removed})
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
func (w *Sweeper) each(all []*judged, do func(*judged) error) error {
	last, err := each(len(all), parallelSweep, func(i int) error {
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
