package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	preflightWait = 30 * time.Second
	minPause      = time.Second
	maxPause      = 30 * time.Second
)

// Step is a part of [Consumer.Preflight].
type Step string

// The steps, in their order.
const (
	StepReach Step = "reach Kafka"
	StepTopic Step = "look up the topic"
	StepGroup Step = "look up the group"
)

// PreflightError says at which step the broker or the connection failed.
type PreflightError struct {
	Step Step
	Err  error // a [FatalError] where waiting does not solve it
}

// Error names the step, unless the text of a [FatalError] says enough.
func (e *PreflightError) Error() string {
	if Final(e.Err) {
		return e.Err.Error()
	}
	return string(e.Step) + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *PreflightError) Unwrap() error { return e.Err }

// Preflight checks once what [Consumer.Run] needs: that a broker can be reached
// and accepts the credentials, that the topic exists and may be read, and that
// the group may be used. It takes at most 30 s and does not join the group. What
// Kafka did not answer or accept is a [PreflightError]; a problem that waiting
// does not solve wraps a [FatalError].
func (c *Consumer) Preflight(ctx context.Context) error { return c.ask(ctx, c.preflight) }

func (c *Consumer) preflight(ctx context.Context, cl *kgo.Client) error {
	if err := cl.Ping(ctx); err != nil {
		return c.stopped(StepReach, err)
	}
	adm := kadm.NewClient(cl)
	topics, err := adm.ListTopics(ctx, c.opts.Topic)
	if err == nil {
		err = topics[c.opts.Topic].Err
	}
	if err != nil {
		return c.stopped(StepTopic, err)
	}
	_, err = adm.FetchOffsetsForTopics(ctx, c.opts.Group, c.opts.Topic)
	if err = ignoreMissing(err); err == nil {
		err = c.groupIsOurs(ctx, adm)
	}
	if err != nil {
		return c.stopped(StepGroup, err)
	}
	return nil
}

// groupIsOurs returns what Kafka would answer to a member of ours where members of
// another program are in the group: two kinds of members cannot share one.
func (c *Consumer) groupIsOurs(ctx context.Context, adm *kadm.Client) error {
	classic, err := adm.DescribeGroups(ctx, c.opts.Group)
	if err != nil {
		return err
	}
	g := classic[c.opts.Group]
	if len(g.Members) > 0 && (g.ProtocolType != "consumer" || g.Protocol != "" && g.Protocol != kgo.CooperativeStickyBalancer().ProtocolName()) {
		return kerr.InconsistentGroupProtocol
	}
	// Members of the newer kind show there only. Older brokers know none.
	newer, err := adm.DescribeConsumerGroups(ctx, c.opts.Group)
	if err == nil && newer[c.opts.Group].Err == nil && len(newer[c.opts.Group].Members) > 0 {
		return kerr.InconsistentGroupProtocol
	}
	return nil
}

func (c *Consumer) stopped(at Step, err error) error {
	return &PreflightError{Step: at, Err: c.explain(err)}
}

// awaitPreflight repeats the checks until they pass, ctx ends, or something is
// found that waiting does not solve.
func (c *Consumer) awaitPreflight(ctx context.Context) error {
	pause, last := minPause, ""
	for {
		c.pulse.Beat(pulseLimit)
		err := c.Preflight(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // stopping is no failure
		}
		if f, ok := errors.AsType[*FatalError](err); ok && !f.guess {
			return err
		}
		c.health.fail(err)
		if words(err) != last {
			last = words(err)
			c.log.Warn("Kafka is not usable yet", keyError, err)
		}
		sleep(ctx, pause)
		pause = min(2*pause, maxPause)
	}
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
