package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

const (
	requester = "alice@example.com"
	bucket    = porttest.SampleBucket
)

var instance = fmt.Sprintf(porttest.SampleInstance, daemontest.Account)

func TestMain(m *testing.M) { os.Exit(daemontest.Main(m)) }

// world is what surrounds the program, and what people do in it.
type world struct{ *daemontest.World }

func newWorld(t *testing.T, partitions int32) *world {
	t.Helper()
	return &world{daemontest.NewWorld(t, partitions)}
}

// request starts a run of the grant action and writes its record.
func (w *world) request(resource string, permissions any, form porttest.Form) (runID string) {
	id := w.Port.StartRun(porttest.RunSpec{
		Action: daemontest.GrantAction, Entity: resource, Requester: requester, Properties: map[string]any{"permissions": permissions},
	})
	w.publish(id, form)
	return id
}

// revoke starts a run of the revoke action and writes its record.
func (w *world) revoke(grantRun string, form porttest.Form) (runID string) {
	id := w.Port.StartRun(porttest.RunSpec{Action: daemontest.RevokeAction, Entity: daemontest.NamePrefix + grantRun, Requester: requester})
	w.publish(id, form)
	return id
}

func (w *world) publish(runID string, form porttest.Form) {
	w.Kafka.Produce(w.Kafka.RunsTopic(), "", string(w.Port.Message(runID, form)))
}

// ended waits until a run has ended, and returns it.
func (w *world) ended(t *testing.T, id string) porttest.RunState {
	t.Helper()
	var r porttest.RunState
	daemontest.Eventually(t, "run "+id+" ends", func() bool { r, _ = w.Port.Run(id); return r.Ended() })
	return r
}

// succeeded waits until runs have ended, each once and well.
func (w *world) succeeded(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		r := w.ended(t, id)
		if r.Status != "SUCCESS" || r.Ends != 1 {
			t.Errorf("run %s ended %s, %d times: %+v", id, r.Status, r.Ends, r.Logs)
		}
	}
}

// drained waits until the group has committed everything that was written.
func (w *world) drained(t *testing.T) {
	t.Helper()
	daemontest.Eventually(t, "everything is committed", w.Drained)
}

// list is text for messages.
func list(names []string) string { return strings.Join(names, ", ") }
