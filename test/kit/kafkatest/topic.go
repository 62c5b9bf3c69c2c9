package kafkatest

import (
	"cmp"
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// CreateTopic creates a topic and returns when all its partitions can be used.
func (b *Broker) CreateTopic(topic string, partitions int32) {
	b.t.Helper()
	b.ask("create topic "+topic, func(ctx context.Context, adm *kadm.Client) error {
		_, err := adm.CreateTopic(ctx, partitions, 1, nil, topic)
		return err
	})
	b.awaitPartitions(topic, partitions)
}

// AddPartitions gives a topic so many partitions in all, and returns when they can
// be used.
func (b *Broker) AddPartitions(topic string, total int32) {
	b.t.Helper()
	b.ask("add partitions to "+topic, func(ctx context.Context, adm *kadm.Client) error {
		results, err := adm.UpdatePartitions(ctx, int(total), topic)
		return cmp.Or(err, results.Error())
	})
	b.awaitPartitions(topic, total)
}

// awaitPartitions returns when a topic has so many partitions that can be used.
func (b *Broker) awaitPartitions(topic string, partitions int32) {
	b.t.Helper()
	b.await("serve topic "+topic, func(ctx context.Context, adm *kadm.Client) error {
		topics, err := adm.ListTopics(ctx, topic)
		if err != nil {
			return err
		}
		if n := len(topics[topic].Partitions); n != int(partitions) {
			return fmt.Errorf("%d of %d partitions", n, partitions)
		}
		return usable(topics)
	})
}

// DeleteRecords lets the log of a partition begin at an offset, as retention does.
func (b *Broker) DeleteRecords(topic string, partition int32, before int64) {
	b.t.Helper()
	b.ask("delete records of "+topic, func(ctx context.Context, adm *kadm.Client) error {
		var offsets kadm.Offsets
		offsets.AddOffset(topic, partition, before, -1)
		results, err := adm.DeleteRecords(ctx, offsets)
		return cmp.Or(err, results.Error())
	})
}

// Produce appends records with the same key to a topic, one for each value, and
// returns when the broker has them. Without a key they may go to any partition.
func (b *Broker) Produce(topic, key string, values ...string) {
	b.t.Helper()
	var records []*kgo.Record
	for _, value := range values {
		r := &kgo.Record{Topic: topic, Value: []byte(value)}
		if key != "" {
			r.Key = []byte(key)
		}
		records = append(records, r)
	}
	b.ProduceRecords(records...)
}

// ProduceRecords appends records, and returns when the broker has them. Their
// partitions and offsets are then filled in.
func (b *Broker) ProduceRecords(records ...*kgo.Record) {
	b.t.Helper()
	cl := b.superUser()
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		b.t.Fatalf("produce %d records: %v", len(records), err)
	}
}

// usable returns the first error of a topic or of one of its partitions.
func usable(topics kadm.TopicDetails) error {
	if err := topics.Error(); err != nil {
		return err
	}
	for _, topic := range topics {
		for _, partition := range topic.Partitions {
			if partition.Err != nil {
				return fmt.Errorf("topic %s partition %d: %w", topic.Topic, partition.Partition, partition.Err)
			}
		}
	}
	return nil
}
