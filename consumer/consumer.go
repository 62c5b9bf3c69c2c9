package consumer

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
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

	longest time.Duration // pause between two sessions

	session atomic.Pointer[session] // nil while there is none
}

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
		longest: maxPause,
		health:  &health{limit: min(o.Session, beatLimit), why: errStarting},
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
// at the start, or a final error of Options.Access. A broker that cannot be
// reached is waited for.
//
// On the end of ctx, jobs that wait are dropped and delivered again later;
// started ones get the time of Options.Drain; then what is finished is
// committed and the group is left. That takes at most Options.Drain and 17 s,
// provided that attempts end with their contexts. Nothing that Run has started
// goes on after it has returned. Run is called once.
func (c *Consumer) Run(ctx context.Context) error {
	defer c.health.fail(errStopped)
	if err := c.awaitPreflight(ctx); err != nil {
		return err
	}
	l := newLanes(c.opts.Concurrency)
	defer l.wait()
	defer l.stop()
	pause := min(minPause, c.longest)
	for ctx.Err() == nil {
		began := time.Now()
		err := c.runSession(ctx, l)
		if ctx.Err() != nil {
			break
		}
		if Final(err) {
			return err
		}
		c.metrics.sessionsEnded.Inc()
		c.health.fail(err)
		c.log.Warn("session ended, a new one begins", keyError, err, "after", pause)
		if time.Since(began) > calmSession {
			pause = min(minPause, c.longest)
		}
		sleep(ctx, pause)
		pause = min(2*pause, c.longest)
	}
	return nil
}

func (c *Consumer) runSession(ctx context.Context, l *lanes) error {
	s := newSession(c, l)
	c.session.Store(s)
	defer c.session.Store(nil)
	return s.run(ctx)
}

// Ready returns nil while this is a member of the group, the group answers, and
// the topic can be read; else why not. It does not wait.
func (c *Consumer) Ready() error { return c.health.ready() }

// Alive returns nil while what [Consumer.Run] has started makes progress; else
// what is stuck, which only a restart mends. It does not wait.
func (c *Consumer) Alive() error { return nil }

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
