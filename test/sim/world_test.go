package sim

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

const (
	topic = "org_demo.runs"
	group = "org_demo.port-iam"

	grantAction  = "request_permissions"
	revokeAction = "revoke_permissions"
	expireAction = "revoke_expired_permissions"
	grantEntity  = "provisioned_permissions"

	defaultDuration = 8 * time.Hour
	otherDuration   = 12 * time.Hour // of instances with other settings
	maxDuration     = 24 * time.Hour
	sweepInterval   = 3 * time.Minute
	sweepGrace      = 5 * time.Minute
	probeInterval   = 45 * time.Second
)

// world is everything outside of the instances, and the instances.
type world struct {
	t     *testing.T
	plan  *plan
	tally *tally
	trace *trace

	network      *kfake.VirtualNetwork
	cluster      *kfake.Cluster
	brokers      []string
	producer     *kgo.Client
	port         *porttest.Server
	portListener *porttest.Listener
	portHTTP     *http.Client
	aws          *iamtest.Server // by whose address all accounts are reached
	sites        []*site
	awsListener  *iamtest.Listener
	awsHTTP      *http.Client

	orders   []*order
	byRun    map[string]*order
	people   *people
	ledger   ledger
	observer *observer
	foreign  string // what was planted, before anything began

	skew  atomic.Int64 // how far the local clock is behind everybody else's
	calls atomic.Int64 // numbered so far
	later sync.WaitGroup

	mu         sync.Mutex
	calmNow    bool     // no new trouble
	served     []string // the accounts that instances serve which start now
	ending     bool     // nothing is started any more
	started    int
	slots      []*process
	all        []*process
	violations []string
}

// newWorld makes the world of a plan. It is to be called in a bubble.
func newWorld(t *testing.T, pl *plan, tally *tally) *world {
	w := &world{t: t, plan: pl, tally: tally, trace: &trace{began: time.Now()}, byRun: map[string]*order{}, slots: make([]*process, pl.instances)}
	w.ledger.unkept = map[string]bool{}
	w.network = new(kfake.VirtualNetwork)
	var err error
	w.cluster, err = kfake.NewCluster(kfake.NumBrokers(2), kfake.Ports(9092, 9093), kfake.ListenFn(w.network.Listen),
		kfake.SeedTopics(pl.partitions, topic))
	must(err)
	w.brokers = w.cluster.ListenAddrs()
	w.producer, err = kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.DefaultProduceTopic(topic), kgo.Dialer(w.network.DialContext),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics(), kgo.ProducerLinger(0), kgo.DisableIdempotentWrite())
	must(err)
	w.port = porttest.New(porttest.Options{Now: w.remoteNow, Delay: pl.portDelay})
	w.port.GuideModel()
	w.before(func() { w.port.GuideSamples(account) })
	w.aws = iamtest.New(iamtest.Options{
		Account: account, Now: time.Now, Delay: pl.awsDelay, Visibility: pl.visibility, Rate: pl.rate, Burst: pl.burst,
	})
	w.addSite(account, w.aws)
	w.serve(account)
	if pl.second {
		w.addSite(member, w.aws.AddAccount(member)).openDoor()
		w.serve(account, member)
	}
	w.catalogue()
	w.portListener, w.awsListener = porttest.NewListener(), iamtest.NewListener()
	w.portHTTP, w.awsHTTP = w.portListener.Client(), w.awsListener.Client()
	return w
}

// remoteNow is the time by the clocks of Port and AWS, which agree; it is the
// local one that is wrong now and then.
func (w *world) remoteNow() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

func (w *world) awsNow() time.Time { return w.remoteNow().UTC() }

// setSkew puts the local clock behind, or ahead where d is negative.
func (w *world) setSkew(d time.Duration) {
	w.trace.add("the local clock is %s behind", d)
	w.skew.Store(int64(d))
	w.aws.SetClockSkew(d)
}

// number gives the next call its number, and what it meets.
func (w *world) number(p *process, what string) (int, fault) {
	n := int(w.calls.Add(1))
	w.trace.add("#%d %s: %s", n, p.name, what)
	if w.calm() {
		return n, fault{}
	}
	f := w.plan.fault(n)
	server, _, _ := strings.Cut(what, " ")
	if f.kind == noFault || !f.kind.reaches(server) {
		return n, fault{}
	}
	w.tally.add(ofCall(f.kind, server), 1)
	return n, f
}

// rateLimited is how many calls AWS had no room for by its own rate, in a schedule
// that holds no other throttling.
func (w *world) rateLimited() (n int) {
	for _, s := range w.sites {
		for _, c := range s.Calls() {
			if w.plan.busy && c.Code == "Throttling" {
				n++
			}
		}
	}
	return n
}

func (w *world) calm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calmNow
}

// background has f called after a while; the end of the simulation waits for it.
func (w *world) background(d time.Duration, f func()) {
	w.later.Go(func() {
		sleep(context.Background(), d)
		f()
	})
}

// replace starts an instance in the place of p, unless one was started already.
func (w *world) replace(p *process, pause time.Duration) {
	w.background(pause, func() {
		w.mu.Lock()
		mine := w.slots[p.slot] == p && !w.ending
		w.mu.Unlock()
		if mine {
			w.start(p.slot)
		}
	})
}

// slot returns the instance in a slot; nil before it starts.
func (w *world) slot(i int) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slots[i%len(w.slots)]
}

// violation notes that a promise was broken.
func (w *world) violation(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.trace.add("VIOLATION %s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.violations = append(w.violations, text)
}

// close ends everything that runs in the bubble.
func (w *world) close(stops ...func()) {
	w.mu.Lock()
	w.ending = true
	all := w.all
	w.mu.Unlock()
	for _, p := range all {
		p.kill()
	}
	w.later.Wait()
	for _, p := range all {
		<-p.done
	}
	w.producer.Close()
	w.cluster.Close()
	for _, stop := range stops {
		stop()
	}
	sleep(context.Background(), time.Second) // readers of connections notice
}
