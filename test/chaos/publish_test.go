package chaos

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

func (d *drawing) form() porttest.Form {
	return pick(d, porttest.FormTemplated, porttest.FormEnvelope, porttest.FormWrapped)
}

func (d *drawing) partition() int32 { return d.Int32N(d.partitions) }

// start draws the start of a run. Its record is written at once, for a run
// without one is lost after a while. It goes to any partition, and may come
// again, also long after everything is done.
func (d *drawing) start(turn float64, o *order, forged func(w *world)) {
	form, partition := d.form(), d.partition()
	d.at(turn, func(w *world) {
		w.place(o)
		if forged != nil {
			forged(w)
		}
		if !o.lost {
			w.write(partition, w.Port.Message(o.run, form))
		}
	})
	// A copy of what failed looks for 15 s whether anything of it appears.
	rare := o.kind == kindGrant && !o.grantable()
	if o.lost || d.chance(0.65) || rare && d.chance(0.7) {
		return
	}
	for range 1 + d.IntN(2) {
		again := d.partition()
		turn += d.between(0, 60)
		d.at(turn, func(w *world) { w.write(again, w.Port.Message(o.run, form)) })
	}
}

// drawForgery draws a record that looks like that of a run, and comes before the
// genuine one; mostly none.
func (d *drawing) drawForgery(o *order) func(w *world) {
	if o.requester == "" || !d.chance(0.12) {
		return nil
	}
	partition, how := d.partition(), d.IntN(4)
	if o.lost && how == 3 {
		how = 0
	}
	return func(w *world) {
		var m map[string]any
		if err := json.Unmarshal(w.Port.Message(o.run, porttest.FormTemplated), &m); err != nil {
			w.t.Fatal(err)
		}
		payload := m["payload"].(map[string]any)
		switch how {
		case 0: // another person's name
			m["trigger"].(map[string]any)["by"].(map[string]any)["user"] = map[string]any{"email": mallory}
		case 1: // another action
			m["action"] = daemontest.RevokeAction
			payload["action"].(map[string]any)["identifier"] = daemontest.RevokeAction
		case 2: // another resource
			m["context"].(map[string]any)["entity"] = "arn:aws:s3:::payroll"
			payload["entity"].(map[string]any)["identifier"] = "arn:aws:s3:::payroll"
		case 3: // more than was asked for, and for longer
			payload["properties"] = map[string]any{"permissions": []string{"s3:PutObject", "s3:GetObject", "s3:ListBucket"}, "duration": "24h"}
		}
		b, err := json.Marshal(m)
		if err != nil {
			w.t.Fatal(err)
		}
		w.rec.note("forged record of %s", o.run)
		w.write(partition, b)
	}
}

// write appends a record to the topic. It is only called while the broker runs.
func (w *world) write(partition int32, value []byte) {
	ctx, cancel := context.WithTimeout(w.t.Context(), daemontest.Limit)
	defer cancel()
	r := &kgo.Record{Topic: w.Kafka.RunsTopic(), Partition: partition, Value: value}
	if err := w.producer.ProduceSync(ctx, r).FirstErr(); err != nil {
		w.t.Fatalf("write a record: %v", err)
	}
}

func newProducer(t *testing.T, w *daemontest.World) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(w.Kafka.AdminBrokers()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }),
		kgo.DisableClientMetrics(),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}
