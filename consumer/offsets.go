package consumer

import (
	"cmp"
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Ends returns, by partition of the topic, the offset that the next record will
// have. Partitions that hold no records are left out.
func (c *Consumer) Ends(ctx context.Context) (map[int32]int64, error) {
	out := map[int32]int64{}
	err := c.ask(ctx, func(ctx context.Context, cl *kgo.Client) error {
		starts, ends, err := bounds(ctx, cl, c.opts.Topic)
		if err != nil {
			return err
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

// bounds lists where the partitions of a topic begin and end. With an error comes
// what is known of the others.
func bounds(ctx context.Context, cl *kgo.Client, topic string) (starts, ends kadm.ListedOffsets, err error) {
	adm := kadm.NewClient(cl)
	starts, err = adm.ListStartOffsets(ctx, topic)
	if err = cmp.Or(err, starts.Error()); err != nil {
		err = fmt.Errorf("list where the topic begins: %w", err)
	}
	ends, failed := adm.ListEndOffsets(ctx, topic)
	if failed = cmp.Or(failed, ends.Error()); failed != nil && err == nil {
		err = fmt.Errorf("list where the topic ends: %w", failed)
	}
	return starts, ends, err
}

// Committed returns, by partition, the offset up to which the group has finished
// everything. Partitions without a commit are left out.
func (c *Consumer) Committed(ctx context.Context) (map[int32]int64, error) {
	out := map[int32]int64{}
	err := c.ask(ctx, func(ctx context.Context, cl *kgo.Client) error {
		offsets, err := kadm.NewClient(cl).FetchOffsets(ctx, c.opts.Group)
		if err = cmp.Or(err, offsets.Error()); err != nil {
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
