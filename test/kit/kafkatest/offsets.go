package kafkatest

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
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

// Commit sets what a group without members has committed for a partition.
func (b *Broker) Commit(group, topic string, partition int32, offset int64) {
	b.t.Helper()
	b.ask("commit for "+group, func(ctx context.Context, adm *kadm.Client) error {
		var offsets kadm.Offsets
		offsets.AddOffset(topic, partition, offset, -1)
		return adm.CommitAllOffsets(ctx, group, offsets)
	})
}

// Members returns the partitions of a topic that each member of a group has been
// given, by the id of the member. A group that does not exist has none.
func (b *Broker) Members(group, topic string) map[string][]int32 {
	b.t.Helper()
	members := map[string][]int32{}
	b.ask("describe "+group, func(ctx context.Context, adm *kadm.Client) error {
		groups, err := adm.DescribeGroups(ctx, group)
		if err != nil {
			return err
		}
		for _, m := range groups[group].Members {
			members[m.MemberID] = nil
			if given, ok := m.Assigned.AsConsumer(); ok {
				for _, t := range given.Topics {
					if t.Topic == topic {
						members[m.MemberID] = t.Partitions
					}
				}
			}
		}
		if errors.Is(groups[group].Err, kerr.GroupIDNotFound) {
			return nil
		}
		return groups[group].Err
	})
	return members
}
