package consumer

import (
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
		adm := kadm.NewClient(cl)
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
	err := c.ask(ctx, func(ctx context.Context, cl *kgo.Client) error {
		offsets, err := kadm.NewClient(cl).FetchOffsets(ctx, c.opts.Group)
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
