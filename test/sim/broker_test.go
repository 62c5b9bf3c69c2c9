package sim

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// brokerFault is a kind of request, and how it may be refused.
type brokerFault struct {
	key  kmsg.Key
	errs []*kerr.Error
}

// brokerFaults are refusals that a broker answers with in trouble.
var brokerFaults = []brokerFault{
	{kmsg.OffsetCommit, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.RequestTimedOut}},
	{kmsg.Heartbeat, []*kerr.Error{kerr.RebalanceInProgress, kerr.UnknownMemberID, kerr.NotCoordinator, kerr.IllegalGeneration}},
	{kmsg.Fetch, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownServerError, kerr.LeaderNotAvailable}},
	{kmsg.JoinGroup, []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.NotCoordinator}},
	{kmsg.SyncGroup, []*kerr.Error{kerr.RebalanceInProgress, kerr.NotCoordinator}},
	{kmsg.OffsetFetch, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress}},
}

// brokerTrouble draws something that goes wrong between the instances and the
// broker.
func (d *drawing) brokerTrouble() {
	at := d.between(0, d.last)
	switch d.IntN(5) {
	case 0:
		d.at(at, "the group's coordinator moves", func(w *world) { w.cluster.RehashCoordinators() })
	case 1:
		d.at(at, "partitions get other leaders", func(w *world) { w.cluster.ShufflePartitionLeaders() })
	case 2:
		slot := d.IntN(d.instances)
		d.at(at, "connections to the broker drop", func(w *world) {
			if p := w.slot(slot); p != nil {
				w.tally.add(dropped, p.unplug())
			}
		})
	default:
		f := brokerFaults[d.IntN(len(brokerFaults))]
		err, count, length := f.errs[d.IntN(len(f.errs))], 1+d.IntN(8), d.between(10*time.Second, 90*time.Second)
		d.at(at, "the broker answers "+err.Message, func(w *world) {
			h := w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{f.key}, Err: err, Count: count})
			w.background(length, func() {
				h.Remove()
				w.tally.hits(f, h)
			})
		})
	}
}
