package sim

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port/porttest"
)

// publish writes the record of a run, as Port does when the run is ready: a
// little later, perhaps twice, and to whichever partition.
func (w *world) publish(run string) {
	w.mu.Lock()
	o := w.byRun[run]
	w.mu.Unlock()
	if o == nil {
		return
	}
	r := rand.New(rand.NewPCG(w.plan.seed, sum(run)))
	form := []porttest.Form{porttest.FormTemplated, porttest.FormEnvelope, porttest.FormWrapped}[r.IntN(3)]
	message := w.port.Message(run, form)
	if o.lost {
		// Who wants to make up for it does not know the secret.
		if w.plan.signed && r.IntN(2) == 0 {
			w.background(time.Second, func() { w.write(0, message, w.remoteNow()) })
		}
		return
	}
	if w.plan.signed {
		message = sign(message, w.remoteNow())
	}
	// Copies of one message carry one timestamp: it is the producer's.
	at := w.remoteNow()
	w.mu.Lock()
	o.start = o.created
	if o.approved {
		o.start = at
	}
	w.mu.Unlock()
	w.notHeldUp(o)
	copies := 1
	if r.IntN(3) == 0 {
		copies += 1 + r.IntN(2)
	}
	// For two instances, where there are so many.
	twice := o.rivals || w.plan.mixed && r.IntN(2) == 0
	if twice || o.moves == raced {
		copies = 2
	}
	for i := range copies {
		after := time.Duration(r.IntN(500)) * time.Millisecond
		switch {
		case twice:
			after /= 4
		case i > 0 && r.IntN(2) == 0:
			after = time.Duration(r.IntN(int(w.plan.last/time.Millisecond))) * time.Millisecond
		}
		if o.moves == raced {
			after = time.Duration(i) * 1500 * time.Millisecond
		}
		partition := r.Int32N(w.plan.partitions)
		if twice || o.moves == raced {
			partition = int32(i) % w.plan.partitions
		}
		w.background(after, func() { w.write(partition, message, at) })
	}
}

// write appends a record to the topic. The broker's trouble only delays it.
func (w *world) write(partition int32, value []byte, at time.Time) {
	rec := &kgo.Record{Partition: partition, Value: value, Timestamp: at}
	if err := w.producer.ProduceSync(context.Background(), rec).FirstErr(); err != nil {
		w.violation("the simulation could not write a record: %v", err)
	}
}

func sum(s string) uint64 {
	var h uint64 = 14695981039346656037
	for _, c := range []byte(s) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
