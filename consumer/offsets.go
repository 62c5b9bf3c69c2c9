package consumer

import (
	"cmp"
	"context"
	"fmt"
	"time"

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

// bounds lists where the partitions of a topic begin and end.
func bounds(ctx context.Context, cl *kgo.Client, topic string) (starts, ends kadm.ListedOffsets, err error) {
	adm := kadm.NewClient(cl)
	starts, err = adm.ListStartOffsets(ctx, topic)
	if err = cmp.Or(err, starts.Error()); err != nil {
		return nil, nil, fmt.Errorf("list where the topic begins: %w", err)
	}
	ends, err = adm.ListEndOffsets(ctx, topic)
	if err = cmp.Or(err, ends.Error()); err != nil {
		return nil, nil, fmt.Errorf("list where the topic ends: %w", err)
	}
	return starts, ends, nil
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

const lagInterval = 15 * time.Second

// measureLag asks for the ends of the log: what polls report knows nothing of
// partitions that are paused. On an error the last values stay; that the topic is
// gone or forbidden shows here even while nothing is assigned.
func (s *session) measureLag(ctx context.Context, cl *kgo.Client) {
	topic := s.c.opts.Topic
	ctx, cancel := context.WithTimeout(ctx, lagInterval)
	defer cancel()
	starts, ends, err := bounds(ctx, cl, topic)
	if err != nil {
		s.c.log.Debug("lag not measured", keyError, err)
		if explained := s.c.explain(err); Final(explained) {
			s.c.health.disturb(explained, s.c.log)
		}
		return
	}
	committed := cl.CommittedOffsets()[topic]
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range s.parts {
		end, ok := ends.Lookup(topic, id)
		if !ok {
			continue
		}
		from := p.tracker.position()
		if from < 0 {
			if c, ok := committed[id]; ok {
				from = c.Offset
			}
		}
		if start, ok := starts.Lookup(topic, id); ok {
			from = max(from, start.Offset)
		}
		s.c.metrics.setLag(id, end.Offset-max(0, from))
	}
}
