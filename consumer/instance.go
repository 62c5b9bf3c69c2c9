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

// leave leaves the group after the last commit. For a member with an instance name
// the client does not: the group would wait for it to come back, until the session
// timeout. After a session that ended by itself it is to come back.
func (s *session) leave(ctx context.Context, cl *kgo.Client) {
	if s.c.opts.Instance == "" || s.over.Err() != nil || s.memberID() == "" {
		return
	}
	if err := cl.LeaveGroupContext(ctx); err != nil {
		s.c.log.Debug("stopped before the group was left", keyError, err)
	}
	if s.over.Err() != nil {
		return
	}
	member, _ := cl.GroupMetadata()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = s.c.opts.Group
	req.MemberID = member
	one := kmsg.NewLeaveGroupRequestMember()
	one.MemberID, one.InstanceID = member, &s.c.opts.Instance // with the id: not another one of this name
	req.Members = append(req.Members, one)
	if _, err := req.RequestWith(ctx, cl); err != nil {
		s.c.log.Warn("the group was not left, it waits for this instance until the session timeout", keyError, err)
	}
}

// awaitInstance returns when no other member of the group has the name of this
// instance, or ctx ends. Only the first session of a process takes the name from
// the member that has it, which as a rule is the same instance before a crash. Later ones
// must not, or two instances of one name would throw each other out by turns.
func (c *Consumer) awaitInstance(ctx context.Context, own string, fenced bool) {
	for wait := fenced; ctx.Err() == nil; wait = true {
		if wait {
			c.pulse.beat()
			sleep(ctx, fencedWait)
		}
		var taken bool
		err := c.ask(ctx, func(ctx context.Context, cl *kgo.Client) error {
			groups, err := kadm.NewClient(cl).DescribeGroups(ctx, c.opts.Group)
			if err != nil {
				return err
			}
			for _, m := range groups[c.opts.Group].Members {
				taken = taken || m.InstanceID != nil && *m.InstanceID == c.opts.Instance && m.MemberID != own
			}
			return ignoreMissing(groups[c.opts.Group].Err)
		})
		switch {
		case err == nil && !taken:
			return
		case taken:
			c.health.fail(c.explain(kerr.FencedInstanceID))
		case ctx.Err() == nil:
			c.health.fail(fmt.Errorf("ask whether the name of this instance is free: %w", c.explain(err)))
		}
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil
	}
	return err
}
