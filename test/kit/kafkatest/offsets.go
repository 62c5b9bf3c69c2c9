package kafkatest

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
)

// CommittedOffsets returns what a group has committed, by topic and partition.
// It is empty for a group that does not exist.
func (b *Broker) CommittedOffsets(group string) kadm.Offsets {
	b.t.Helper()
	var offsets kadm.Offsets
	b.ask("fetch the offsets of "+group, func(ctx context.Context, adm *kadm.Client) error {
		responses, err := adm.FetchOffsets(ctx, group)
		if err != nil {
			return err
		}
		offsets = responses.Offsets()
		return responses.Error()
	})
	return offsets
}

// EndOffsets returns the offset after the last record of each partition of a
// topic.
func (b *Broker) EndOffsets(topic string) map[int32]int64 {
	b.t.Helper()
	ends := map[int32]int64{}
	b.ask("list the end offsets of "+topic, func(ctx context.Context, adm *kadm.Client) error {
		listed, err := adm.ListEndOffsets(ctx, topic)
		if err != nil {
			return err
		}
		listed.Each(func(o kadm.ListedOffset) { ends[o.Partition] = o.Offset })
		return listed.Error()
	})
	return ends
}
