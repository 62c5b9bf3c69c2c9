package chaos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/test/kit/daemontest"
)

const (
	sweepGrace = 5 * time.Second

	// crowd is how many runs are under way at most.
	crowd = 30
)

// world is what surrounds the instances, and what is known of it. Only the
// goroutine of the test starts and ends things; mu guards what the observer and
// the proxy look at.
type world struct {
	*daemontest.World
	t         *testing.T
	plan      *plan
	rec       *record
	tally     *tally
	chance    *rand.Rand // of the goroutine of the test
	producer  *kgo.Client
	proxy     *proxy
	observer  *observer
	instances []*instance
	operators string   // the address under which operators see AWS
	foreign   []string // what is not ours, before anything happened

	settled    time.Time // when the sweep has begun that came to its end last
	brokerDown bool
	disarm     []func()  // faults of Port that may be left
	due        []*errand // what happens later

	mu         sync.Mutex
	byRun      map[string]*order
	violations int
}

// errand is something to do as soon as it may be done.
type errand struct {
	what string
	may  func() bool
	do   func()
}

func newWorld(t *testing.T, p *plan) *world {
	t.Helper()
	w := &world{
		World: daemontest.NewWorld(t, p.partitions), t: t, plan: p, rec: newRecord(t), tally: newTally(),
		chance: rand.New(rand.NewPCG(p.seed, 1)), byRun: map[string]*order{},
	}
	for _, o := range p.orders {
		w.byRun[o.run] = o
	}
	w.AddMember(t)
	w.Port.AddEntity("aws_resource", `{"identifier":"`+bucket+`","properties":{"resource_type":"S3","account":"`+daemontest.Account+`"}}`)
	w.Port.AddEntity("aws_resource", `{"identifier":"`+nowhere+`","properties":{"resource_type":"S3"}}`)
	w.producer = newProducer(t, w.World)
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	w.proxy = &proxy{w: w, client: &http.Client{Transport: transport}, meet: map[fault]func(){}, swept: map[string]time.Time{}}
	for _, f := range []fault{throttled, unavailable, lostRequest, lostAnswer, lateRequest} {
		w.proxy.meet[f] = w.tally.plan("AWS: " + string(f))
	}
	w.observer = &observer{w: w, known: map[string]*sight{}, ended: map[string]bool{}}
	t.Cleanup(w.Port.OnCall(w.observer.portCall))
	w.plant()
	w.foreign = w.notOurs()
	operators := w.proxy.serve(&instance{w: w, name: "operator", operates: true})
	t.Cleanup(operators.Close)
	w.operators = operators.URL
	for n := range 2 {
		i := &instance{w: w, name: fmt.Sprintf("instance %d", n)}
		server := w.proxy.serve(i)
		t.Cleanup(server.Close)
		i.aws = server.URL
		w.instances = append(w.instances, i)
		i.start()
	}
	return w
}

// env is what the program is told where it sees AWS at an address.
func (w *world) env(aws string, more map[string]string) map[string]string {
	env := w.Env(map[string]string{
		"ACCOUNTS": strings.Join(accounts(), ","), "IAM_PERMISSIONS_BOUNDARY": daemontest.BoundaryName,
		"AWS_ENDPOINT_URL_IAM": aws, "AWS_ENDPOINT_URL_STS": aws,
	})
	maps.Copy(env, more)
	return env
}

// violation reports something that must never be. It may be called from any
// goroutine.
func (w *world) violation(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.rec.note("VIOLATION: %s", text)
	w.mu.Lock()
	w.violations++
	few := w.violations <= 20
	w.mu.Unlock()
	if few {
		w.t.Errorf("seed %d, at %s: %s", w.plan.seed, time.Since(w.rec.began).Round(time.Millisecond), text)
	}
}

// after has something done later, by the goroutine of the test.
func (w *world) after(d time.Duration, do func()) {
	due := time.Now().Add(d)
	w.when(d.String()+" have passed", func() bool { return !time.Now().Before(due) }, do)
}

// when has something done as soon as a condition holds.
func (w *world) when(what string, may func() bool, do func()) {
	w.due = append(w.due, &errand{what, may, do})
}

// until waits for a condition, and does meanwhile what is due.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	// A member that is killed is missed after 20 s, work that waits is tried again
	// after 30 s at most, Port is away for a minute, and what was lost is found by
	// the second sweep or the third.
	patience := 2*time.Minute + 5*w.plan.sweepInterval
	daemontest.Within(w.t, patience, func() string {
		return fmt.Sprintf("%s; still to happen: %s; open runs: %s", what, strings.Join(w.dueList(), ", "), strings.Join(w.openRuns(), ", "))
	}, func() bool {
		w.tend()
		return done()
	})
}

// tend does what is due and looks after the instances.
func (w *world) tend() {
	for _, i := range w.instances {
		i.tend()
	}
	for _, e := range slices.Clone(w.due) {
		if e.may() {
			w.due = slices.DeleteFunc(w.due, func(x *errand) bool { return x == e })
			e.do()
		}
	}
}

func (w *world) dueList() (all []string) {
	for _, e := range w.due {
		all = append(all, e.what)
	}
	return all
}

// openRuns are the runs of ours that were started and have not ended.
func (w *world) openRuns() (open []string) {
	for _, o := range w.plan.orders {
		if r, found := w.Port.Run(o.run); found && o.kind != kindForeign && !r.Ended() {
			open = append(open, o.run)
		}
	}
	return open
}
