package consumer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"port-iam/internal/pulse"
)

// Keys of log attributes.
const (
	keyRunID     = "run_id"
	keyAction    = "action"
	keyPartition = "partition"
	keyOffset    = "offset"
	keyError     = "error"
)

// Consumer is one member of the group. Use [New].
type Consumer struct {
	opts    Options
	log     *slog.Logger
	filter  filter
	access  *accessCache
	metrics *metrics
	health  *health
	pulse   pulse.Pulse
	lanes   *lanes

	hints    map[string]time.Time // the last hint about a workflow, by action; belongs to the loop that reads Kafka
	longest  time.Duration        // pause between two sessions
	member   string               // last id in the group that is known; belongs to Run
	joining  bool                 // the last session asked to join and did not get to know its id; belongs to Run
	patience int                  // looks at which a partition may stand still; belongs to the watch

	session atomic.Pointer[session] // nil while there is none
}

// pulseLimit is more than anything takes between two signs of life of the loop that
// reads Kafka, a drain included.
const pulseLimit = 2 * time.Minute

// calmSession is how long a session has to last so that the next one starts
// after a short pause again.
const calmSession = 5 * time.Minute

// New checks the options and registers the metrics. It starts nothing and
// connects to nothing. An error names every option that is wrong.
func New(o Options) (*Consumer, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	c := &Consumer{
		opts:    o,
		log:     o.Log,
		filter:  newFilter(o.Actions),
		access:  &accessCache{ask: o.Access, sasl: o.Mechanism != noSASL},
		lanes:   newLanes(o.Concurrency),
		hints:   map[string]time.Time{},
		longest: maxPause, patience: leastPatience,
		health: &health{limit: min(o.Session, beatLimit), why: errStarting, asked: map[int32]fetching{}, unread: map[int32]error{}, troubles: map[string]trouble{}},
	}
	var err error
	if c.metrics, err = newMetrics(o.Registerer, c.oldest); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return c, nil
}

// Run does what [Consumer.Preflight] does until it passes, then reads and
// handles records until ctx ends. It returns nil after a clean stop, and a
// [FatalError] where going on is of no use: credentials, topic or group refused
// at the start, or a final error of Options.Access then. A broker that cannot be
// reached is waited for, and after the start everything is.
//
// On the end of ctx, jobs that wait are dropped and delivered again later;
// started ones get the time of Options.Drain; then what is finished is
// committed and the group is left. That takes at most Options.Drain and 17 s,
// provided that attempts end with their contexts. Nothing that Run has started
// goes on after it has returned. Run is called once.
func (c *Consumer) Run(ctx context.Context) error {
	if err := c.awaitPreflight(ctx); err != nil {
		c.health.fail(err)
		return err
	}
	defer c.health.fail(errStopped)
	defer c.pulse.Stop()
	defer c.leave(context.WithoutCancel(ctx))
	defer c.lanes.wait()
	defer c.lanes.stop()
	pause := min(minPause, c.longest)
	for ctx.Err() == nil {
		began := time.Now()
		err := c.runSession(ctx)
		if ctx.Err() != nil {
			break
		}
		c.metrics.sessionsEnded.Inc()
		c.health.fail(err)
		c.log.Warn("session ended, a new one begins", keyError, err, "after", pause)
		if time.Since(began) > calmSession {
			pause = min(minPause, c.longest)
		}
		sleep(ctx, pause)
		pause = min(2*pause, c.longest)
		if errors.As(err, new(unreadError)) {
			pause = min(minPause, c.longest) // it took its time, and the other partitions wait
		}
		if c.opts.Instance != "" {
			c.awaitInstance(ctx, errors.Is(err, kerr.FencedInstanceID))
		}
	}
	return nil
}

// runSession returns why the session ended.
func (c *Consumer) runSession(ctx context.Context) error {
	c.pulse.Beat(pulseLimit)
	s := newSession(c)
	c.session.Store(s)
	defer c.session.Store(nil)
	member, err := s.run(ctx)
	c.member = cmp.Or(member, c.member)
	c.joining = member == "" && s.joining.Load()
	return err
}

// Ready returns nil while this is a member of the group, the group answers, and
// the topic is read; else why not. It does not wait.
func (c *Consumer) Ready() error { return c.health.ready() }

// Alive returns nil while what [Consumer.Run] has started makes progress; else
// what is stuck, which only a restart repairs. It does not wait.
func (c *Consumer) Alive() error {
	if err := c.pulse.Alive(); err != nil {
		return fmt.Errorf("the loop that reads Kafka: %w", err)
	}
	if age := c.lanes.longest(); age > attemptLimit+pulseLimit {
		return fmt.Errorf("an attempt at a run is stuck for %v", age.Round(time.Second))
	}
	return nil
}

// Holds reports whether this member holds the partition at present, as far as it
// can know: another member may have taken over since the last heartbeat.
func (c *Consumer) Holds(partition int32) bool {
	s := c.session.Load()
	return s != nil && s.partition(partition) != nil && c.health.member() == nil
}

// oldest returns the lowest timestamp of all unfinished records.
func (c *Consumer) oldest() time.Time {
	var oldest time.Time
	s := c.session.Load()
	if s == nil {
		return oldest
	}
	for _, p := range s.held() {
		if t := p.tracker.oldest(); !t.IsZero() && (oldest.IsZero() || t.Before(oldest)) {
			oldest = t
		}
	}
	return oldest
}
