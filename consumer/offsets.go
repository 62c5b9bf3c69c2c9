package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// Ends returns, by partition of the topic, the offset that the next record will
// have. Partitions that hold no records are left out.
func (c *Consumer) Ends(ctx context.Context) (map[int32]int64, error) {
	out := map[int32]int64{}
	err := c.ask(ctx, func(ctx context.Context, adm *kadm.Client) error {
		starts, err := adm.ListStartOffsets(ctx, c.opts.Topic)
		if err == nil {
			err = starts.Error()
		}
		if err != nil {
			return fmt.Errorf("list where the topic begins: %w", err)
		}
		ends, err := adm.ListEndOffsets(ctx, c.opts.Topic)
		if err == nil {
			err = ends.Error()
		}
		if err != nil {
			return fmt.Errorf("list where the topic ends: %w", err)
		}
		ends.Each(func(end kadm.ListedOffset) {
			if start, ok := starts.Lookup(end.Topic, end.Partition); !ok || start.Offset < end.Offset {
				out[end.Partition] = end.Offset
			}
		})
		return nil
	})
	return out, err
}

// Committed returns, by partition, the offset up to which the group has finished
// everything. Partitions without a commit are left out.
func (c *Consumer) Committed(ctx context.Context) (map[int32]int64, error) {
	out := map[int32]int64{}
	err := c.ask(ctx, func(ctx context.Context, adm *kadm.Client) error {
		offsets, err := adm.FetchOffsets(ctx, c.opts.Group)
		if err == nil {
			err = offsets.Error()
		}
		if err != nil {
			return fmt.Errorf("read the commits of the group: %w", err)
		}
		offsets.Each(func(o kadm.OffsetResponse) {
			if o.Topic == c.opts.Topic && o.At >= 0 {
				out[o.Partition] = o.At
			}
		})
		return nil
	})
	return out, err
}

// ask lets f ask the cluster with a connection of its own, which is seldom
// enough to be cheap and does not disturb what the group does.
func (c *Consumer) ask(ctx context.Context, f func(context.Context, *kadm.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, preflightWait)
	defer cancel()
	cl, err := c.newClient(ctx)
	if err != nil {
		return err
	}
	defer cl.Close()
	err = f(ctx, kadm.NewClient(cl))
	if errors.Is(err, kerr.SaslAuthenticationFailed) {
		c.access.refuse() // the session may go on with connections from before
	}
	return err
}
