package sim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// The kinds of trouble that events make; those of calls are in [faultKind].
const (
	killed       = "an instance is killed"
	asked        = "an instance is asked to stop"
	stalled      = "an instance stalls"
	dropped      = "connections to the broker drop"
	portAway     = "Port is away"
	awsAway      = "AWS is away"
	failingLog   = "Port fails the log of a run"
	failingState = "Port fails the state of a run"
	doomed       = "AWS denies a part of a grant"
	rivalDenied  = "AWS denies an attachment once"
	portUnread   = "Port does not show the run of a grant"
	awsUnread    = "AWS does not show a part of a grant"
	noDeny       = "AWS takes no Deny"
	rateLimit    = "AWS admits no more calls"

	accountAway      = "an account is away"
	accountSilent    = "an account answers nothing"
	accountSlow      = "an account is slow"
	accountThrottled = "an account throttles"
	accountShut      = "an account cannot be entered"
	sessionRejected  = "an account rejects its sessions"
	doorAgain        = "the role of an account is made again"
	accountOut       = "an account is taken out of those served, or in again"
	accountMoved     = "the account of a resource is changed"
	entityPointed    = "the entity of a grant names the other account"
	roleCopied       = "the role of a grant is made again in the other account"

	catalogueEdit   = "the catalogue is edited"
	editSeen        = "a request is refused because the catalogue changed"
	bundleGranted   = "a bundle is granted"
	guardedGranted  = "a permission that needs approval is granted"
	wronglyApproved = "a request is approved by who must not"
)

// enough is from how many schedules on each kind of trouble must have come.
const enough = 200

// tally counts how often the schedules of a test have met each kind of trouble: a
// schedule of trouble that never comes shows nothing.
type tally struct {
	mu  sync.Mutex
	met map[string]int // by kind
}

func newTally() *tally {
	t := &tally{met: map[string]int{}}
	for kind := noFault + 1; kind <= throttled; kind++ {
		for _, server := range []string{"port", "aws", "kafka"} {
			if kind.reaches(server) {
				t.met[ofCall(kind, server)] = 0
			}
		}
	}
	for _, f := range brokerFaults {
		t.met[ofBroker(f)] = 0
	}
	for _, kind := range []string{
		killed, asked, stalled, dropped, portAway, awsAway, failingLog, failingState, doomed, rivalDenied, portUnread, awsUnread, noDeny, rateLimit,
		accountAway, accountSilent, accountSlow, accountThrottled, accountShut, sessionRejected, doorAgain, accountOut, accountMoved,
		entityPointed, roleCopied, catalogueEdit, editSeen, bundleGranted, guardedGranted, wronglyApproved,
		storeAway, userDisabled, diskFull, diskHangs, ofAudit(hang), ofAudit(lostRequest), ofAudit(lostAnswer),
	} {
		t.met[kind] = 0
	}
	return t
}

// ofCall is the kind of what a call meets. So few commits end or stall their
// instance that those count with what events do.
func ofCall(kind faultKind, server string) string {
	if server == "kafka" {
		switch kind {
		case crashBefore, crashAfter:
			return killed
		case stallBefore, stallAfter:
			return stalled
		}
	}
	return fmt.Sprintf("%s: %s", server, kind)
}

func ofBroker(f brokerFault) string { return "the broker refuses " + f.key.Name() }

// add counts trouble that was met n times.
func (t *tally) add(kind string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.met[kind]; !known {
		panic("no kind of trouble: " + kind)
	}
	t.met[kind] += n
}

// meet returns what counts one meeting; it fits the Maybe of a fault.
func (t *tally) meet(kind string) func() { return func() { t.add(kind, 1) } }

// hits counts what a fault of the broker has met.
func (t *tally) hits(f brokerFault, h *kfake.FaultHandle) { t.add(ofBroker(f), h.Hits()) }

// check has the test fail for each kind of trouble that no schedule has met.
func (t *tally) check(test *testing.T) {
	test.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	for kind, n := range t.met {
		all = append(all, fmt.Sprintf("%6d %s", n, kind))
		if n == 0 && !test.Failed() {
			defer test.Errorf("no schedule has met: %s", kind)
		}
	}
	slices.Sort(all)
	test.Logf("met in all schedules:\n%s", strings.Join(all, "\n"))
}

// TestTally: a kind of trouble that came nowhere is told, and one that is not
// known cannot be counted.
func TestTally(t *testing.T) {
	tally := newTally()
	tally.meet(killed)()
	tally.add(rateLimit, 3)
	if tally.met[killed] != 1 || tally.met[rateLimit] != 3 || tally.met[noDeny] != 0 {
		t.Errorf("counted %v", tally.met)
	}
	if _, known := tally.met[ofCall(denied, "port")]; known {
		t.Error("Port is expected to deny what only AWS does")
	}
	defer func() {
		if recover() == nil {
			t.Error("a kind that is not known was counted")
		}
	}()
	tally.add("nothing of the kind", 1)
}
