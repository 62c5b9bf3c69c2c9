package grants

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"port-iam/iamops"
	"port-iam/internal/priority"
	"port-iam/internal/pulse"
	"port-iam/port"
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
// at all grants. One sweep runs at a time, and in it one round for each account.
type Sweeper struct {
	svc  *Service
	opts SweepOptions
	log  *slog.Logger

	rounds  []*round
	running sync.WaitGroup // rounds, also those that outlast their sweep

	mu      sync.Mutex
	waiting map[string]*sighting // open runs, by id

	pulse pulse.Pulse
}

// NewSweeper makes a sweeper. It shares the locks of the service, so that one
// thing happens to a grant at a time.
func (s *Service) NewSweeper(o SweepOptions) *Sweeper {
	w := &Sweeper{
		svc: s, opts: o, log: s.opts.Log.With(keyOperation, "sweep"), waiting: map[string]*sighting{},
	}
	for _, a := range s.accounts {
		w.rounds = append(w.rounds, &round{Sweeper: w, account: a, memory: map[string]*memory{}})
	}
	return w
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
	defer w.running.Wait()
	for {
		w.beat(w.opts.Interval)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !w.opts.Sweeping() {
			for _, r := range w.rounds {
				w.svc.metrics.noteGrants(r.id, nil, time.Time{})
				w.svc.recent.noteSweep(r.id, Swept{})
			}
			w.forget() // another instance watches them now
			continue
		}
		if _, err := w.sweep(ctx, w.opts.Interval); err != nil && ctx.Err() == nil {
			w.log.Error("sweep failed", keyError, err)
		}
	}
}

// Sweep looks at everything once and removes what is to go. Its error says why
// it could not go on; what it did until then is in the report, with the accounts that
// it could not look at.
func (w *Sweeper) Sweep(ctx context.Context) (Report, error) { return w.sweep(ctx, 0) }

// sweep is Sweep. A round that takes longer than most goes on by itself, and the sweeps
// meanwhile leave its account out; 0: all are waited for.
func (w *Sweeper) sweep(ctx context.Context, most time.Duration) (Report, error) {
	ctx = priority.With(ctx, priority.Tidying)
	w.beat(0)
	r, err := w.all(ctx, most, (*round).sweep)
	if w.opts.Offsets != nil {
		var lostErr error
		r.Lost, lostErr = w.lostRuns(ctx)
		err = errors.Join(err, lostErr)
	}
	result := "ok"
	switch {
	case err != nil:
		result = "failed"
	case r.Braked > 0:
		result = "stopped"
	}
	w.svc.metrics.sweeps.WithLabelValues(result).Inc()
	return r, err
}

// DryRun reports what the next sweep would do, and changes nothing.
func (w *Sweeper) DryRun(ctx context.Context) (Report, error) {
	dry := w.svc.NewSweeper(w.opts)
	dry.log = slog.New(slog.DiscardHandler)
	for i, r := range w.rounds {
		dry.rounds[i].turn, dry.rounds[i].stopped = r.turn, r.stopped
	}
	return dry.all(ctx, 0, (*round).dryRun)
}

// errBusy is why a sweep leaves out an account.
var errBusy = errors.New("the sweep before is not finished there")

// all has each account looked at, all at once and each by itself: one that is away
// holds up no other.
//
// The error is one that is not about a single account, such as a Port that does not
// answer, or that no account could be looked at. Other troubles are in the report.
func (w *Sweeper) all(ctx context.Context, most time.Duration, look func(*round, context.Context, *inPort) (Report, error)) (Report, error) {
	type result struct {
		account string
		Report
		err error
	}
	entities := w.svc.newInPort()
	results := make(chan result, len(w.rounds))
	away := map[string]error{}
	for _, r := range w.rounds {
		away[r.id] = errBusy
		if r.busy.CompareAndSwap(false, true) {
			w.running.Go(func() {
				report, err := look(r, ctx, entities)
				r.busy.Store(false) // first: who has the result may begin the next round
				results <- result{r.id, report, err}
			})
		} else {
			results <- result{r.id, Report{}, errBusy}
		}
	}
	var late <-chan time.Time
	if most > 0 && len(w.rounds) > 1 {
		timer := time.NewTimer(most)
		defer timer.Stop()
		late = timer.C
	}
	total := Report{Away: away}
	var general error
	for left, waits := len(w.rounds), true; left > 0 && waits; left-- {
		select {
		case r := <-results:
			total.add(r.Report)
			if away[r.account] = r.err; r.err == nil {
				delete(away, r.account)
			} else if _, ofAWS := errors.AsType[*iamops.Error](r.err); !ofAWS && !errors.Is(r.err, errBusy) {
				general = r.err
			}
		case <-late:
			waits = false
		}
	}
	total.sort()
	if general == nil && len(away) == len(w.rounds) {
		general = away[w.rounds[0].id]
	}
	return total, general
}

// overdue is the time before which a grant that ended should be gone.
func (w *Sweeper) overdue() time.Time { return time.Now().Add(-2 * w.opts.Interval) }

// inPort are the grants' entities, read once for all accounts.
type inPort struct {
	svc *Service

	begun atomic.Bool
	done  chan struct{}               // closed when the rest is known
	all   map[string]*port.Entity     // by identifier
	in    map[*account][]*port.Entity // whose role is, or was, in an account
	err   error
}

func (s *Service) newInPort() *inPort { return &inPort{svc: s, done: make(chan struct{})} }

// read reads them at the first call; the others wait for that.
func (e *inPort) read(ctx context.Context) error {
	if e.begun.CompareAndSwap(false, true) {
		e.fetch(ctx)
		close(e.done)
	}
	<-e.done
	return e.err
}

func (e *inPort) fetch(ctx context.Context) {
	var list []port.Entity
	list, e.err = e.svc.opts.Portal.Entities(ctx, templates.BlueprintGrant)
	e.all, e.in = make(map[string]*port.Entity, len(list)), map[*account][]*port.Entity{}
	for i := range list {
		entity := &list[i]
		delete(entity.Properties, templates.PropertyPolicy) // long, and read by people alone
		e.all[entity.Identifier] = entity
		if a := e.svc.accountIn(entity); a != nil {
			e.in[a] = append(e.in[a], entity)
		}
	}
}
