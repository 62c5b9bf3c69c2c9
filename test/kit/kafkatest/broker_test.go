package kafkatest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/test/kit/kafkatest"
)

// patience bounds one wait for a client.
const patience = 30 * time.Second

// connect returns a client of the user that closes with the test.
func connect(t *testing.T, b *kafkatest.Broker, user, password string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(b.ClientOpts(user, password), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// consume reads n records in the group, commits them and leaves.
func consume(t *testing.T, b *kafkatest.Broker, group string, n int) (values []string) {
	t.Helper()
	cl := connect(t, b, "org_test", "secret",
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(b.RunsTopic()), kgo.DisableAutoCommit())
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for len(values) < n {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(values), n, err)
		}
		for r := range fetches.RecordsAll() {
			values = append(values, string(r.Value))
		}
	}
	if err := cl.CommitUncommittedOffsets(ctx); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestRestartKeepsRecordsAndOffsets(t *testing.T) {
	t.Parallel()
	started := time.Now()
	b := kafkatest.Start(t, kafkatest.Options{})
	t.Logf("started in %v", time.Since(started).Round(time.Millisecond))
	topic := b.RunsTopic()
	b.CreateTopic(topic, 2)

	const group = "org_test.port-iam"
	if committed := b.CommittedOffsets(group); len(committed) != 0 {
		t.Errorf("a group that nobody used has committed %v", committed)
	}
	b.Produce(topic, "key", "one", "two")
	if got, want := consume(t, b, group, 2), []string{"one", "two"}; !slices.Equal(got, want) {
		t.Errorf("consumed %q, want %q", got, want)
	}
	before := sum(b, group)
	if before != 2 {
		t.Errorf("committed %d records, want 2", before)
	}

	record := &kgo.Record{Topic: topic, Key: []byte("key"), Value: []byte("three")}
	b.ProduceRecords(record)
	if record.Offset != 2 {
		t.Errorf("records with one key are spread: the third has offset %d", record.Offset)
	}
	b.Kill()
	restarted := time.Now()
	b.Restart()
	t.Logf("restarted in %v", time.Since(restarted).Round(time.Millisecond))

	if after := sum(b, group); after != before {
		t.Errorf("%d records were committed before the restart, %d after", before, after)
	}
	if got, want := consume(t, b, group, 1), []string{"three"}; !slices.Equal(got, want) {
		t.Errorf("consumed %q after the restart, want %q", got, want)
	}
}

// sum returns how many records the group has committed, in all partitions of
// topics that nothing was deleted from.
func sum(b *kafkatest.Broker, group string) (n int64) {
	for _, offset := range b.CommittedOffsets(group).Sorted() {
		n += offset.At
	}
	return n
}

func TestOptions(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, kafkatest.Options{
		Org:        "org_other",
		User:       "reader",
		Password:   "hunter2",
		Properties: map[string]string{"message.max.bytes": "1000"},
	})
	if got, want := b.RunsTopic(), "org_other.runs"; got != want {
		t.Errorf("topic %s, want %s", got, want)
	}
	b.CreateTopic(b.RunsTopic(), 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.AdminBrokers()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	tooLarge := &kgo.Record{Topic: b.RunsTopic(), Value: make([]byte, 2000)}
	if err := cl.ProduceSync(ctx, tooLarge).FirstErr(); !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("a record above the limit of the options: %v, want MESSAGE_TOO_LARGE", err)
	}
	if err := connect(t, b, "reader", "hunter2").Ping(ctx); err != nil {
		t.Error(err)
	}
}
