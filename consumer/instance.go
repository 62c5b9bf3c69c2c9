package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fencedWait is the time between two looks whether Options.Instance is free.
const fencedWait = time.Minute

// leave takes a member with an instance name out of the group, after its last commit.
// The client does not: the group would wait for the member to come back, until the
// session timeout.
func (c *Consumer) leave(ctx context.Context) {
	if c.opts.Instance == "" || c.member == "" && !c.joining {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveWait)
	defer cancel()
	err := c.ask(ctx, func(ctx context.Context, cl *kgo.Client) error {
		id, err := c.memberOfThisName(ctx, cl)
		if err != nil || id == "" || id != c.member && !c.joining {
			return err // another one has the name
		}
		req := kmsg.NewPtrLeaveGroupRequest()
		req.Group = c.opts.Group
		req.MemberID = id
		own := kmsg.NewLeaveGroupRequestMember()
		own.MemberID, own.InstanceID = id, &c.opts.Instance
		req.Members = append(req.Members, own)
		_, err = req.RequestWith(ctx, cl)
		return err
	})
	if err != nil {
		c.log.Warn("the group was not left, it waits for this instance until the session timeout", keyError, err)
	}
}

// awaitInstance returns when no other member of the group has the name of this
// instance, or ctx ends. Only the first session of a process takes the name from the
// member that has it, which as a rule is the same instance before a crash. Later ones
// must not, or two instances of one name would throw each other out by turns. What
// has the name may be a member that this process was without getting to know its id:
// the group forgets that one after the session timeout.
func (c *Consumer) awaitInstance(ctx context.Context, fenced bool) {
	wait, pause := time.Duration(0), min(minPause, c.longest)
	if fenced {
		wait = fencedWait
	}
	for {
		c.pulse.Beat(wait + pulseLimit)
		sleep(ctx, wait)
		taken, err := c.nameIsTaken(ctx)
		switch {
		case ctx.Err() != nil, err == nil && !taken:
			return
		case err != nil:
			c.health.fail(fmt.Errorf("ask whether the name of this instance is free: %w", c.explain(err)))
			wait, pause = pause, min(2*pause, c.longest)
		case wait == 0:
			c.health.fail(errors.New("wait for the end of this instance's last session"))
			wait = c.opts.Session
		default:
			c.health.fail(c.explain(kerr.FencedInstanceID))
			wait = fencedWait
		}
	}
}

// nameIsTaken reports whether a member that this process was not last has the name of
// this instance.
func (c *Consumer) nameIsTaken(ctx context.Context) (taken bool, err error) {
	err = c.ask(ctx, func(ctx context.Context, cl *kgo.Client) error {
		id, err := c.memberOfThisName(ctx, cl)
		taken = id != "" && id != c.member && !c.joining
		return err
	})
	return taken, err
}

// memberOfThisName is the id of the member that has the name of this instance; "" where
// none has.
func (c *Consumer) memberOfThisName(ctx context.Context, cl *kgo.Client) (id string, err error) {
	groups, err := kadm.NewClient(cl).DescribeGroups(ctx, c.opts.Group)
	if err != nil {
		return "", err
	}
	for _, m := range groups[c.opts.Group].Members {
		if m.InstanceID != nil && *m.InstanceID == c.opts.Instance {
			id = m.MemberID
		}
	}
	return id, ignoreMissing(groups[c.opts.Group].Err)
}

func ignoreMissing(err error) error {
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil
	}
	return err
}
