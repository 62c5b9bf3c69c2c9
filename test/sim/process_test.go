package sim

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/prometheus/client_golang/prometheus"

	"port-iam/consumer"
	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// process is one instance: the parts of the daemon, wired as the daemon wires
// them. It can stop in every way in which a process can.
type process struct {
	w    *world
	name string
	slot int

	kafka   *consumer.Consumer
	sweeper *grants.Sweeper
	clients []*iamops.Clients // of the accounts that it serves, its own first
	audit   *noted            // nil: none
	cancel  context.CancelFunc
	done    chan struct{}
	onCall  func() // before each numbered call; nil: nothing

	mu     sync.Mutex
	dead   bool
	frozen chan struct{} // closed when the process goes on; nil: it runs
	conns  []net.Conn
	cables []*cable
}

// concurrency is how many runs of each kind an instance works on at the same time.
const concurrency = 8

// start begins an instance in a slot.
func (w *world) start(slot int) {
	w.mu.Lock()
	w.started++
	p := &process{w: w, slot: slot, name: fmt.Sprintf("p%d.%d", slot, w.started), done: make(chan struct{})}
	w.slots[slot] = p
	w.all = append(w.all, p)
	w.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.build(w.plan.mixed && w.started%2 == 0 && !w.calm())
	w.trace.add("%s starts", p.name)
	go p.run(ctx)
}

// service makes what handles runs. other: with other settings than most.
func (p *process) service(other bool) (*grants.Service, *slog.Logger, *prometheus.Registry) {
	w := p.w
	reg := prometheus.NewRegistry()
	log := slog.New(slog.NewTextHandler(w.trace, &slog.HandlerOptions{Level: w.plan.logLevel, ReplaceAttr: noTime})).With("p", p.name)
	portal, err := port.New(port.Options{
		BaseURL: "http://127.0.0.1", ClientID: "client", ClientSecret: "secret", Log: log, Registerer: reg,
		HTTPClient: &http.Client{Transport: p.newWire("port", w.portListener.Dial, w.portHTTP)},
	})
	must(err)
	own, err := iamops.NewClients(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1"),
		HTTPClient:  &http.Client{Transport: p.newWire("aws", w.awsListener.Dial, w.awsHTTP)},
		Credentials: credentials.NewStaticCredentialsProvider("daemon", "secret", ""),
	}, reg)
	must(err)
	bound, lasts := boundary, defaultDuration
	if other {
		bound, lasts = otherBoundary, otherDuration
	}
	options := grants.Options{
		Portal: portal, Accounts: p.enter(own, bound), Concurrency: concurrency,
		Actions: templates.ActionIDs{Grants: []templates.GrantAction{{ID: grantAction}}, Revoke: revokeAction, Expire: expireAction},
		Terms: grants.Terms{
			Duration: lasts, MaxDuration: maxDuration,
			UserName: func(email string) (string, error) { return email, nil },
		},
		ConfirmRequester: true, RequireSignature: w.plan.signed,
		ClockSkew: own.ClockSkew, Log: log, Registerer: reg,
	}
	if p.audit = p.auditLog(log); p.audit != nil {
		options.Audit = p.audit
	}
	if w.plan.store {
		options.Users = own.IdentityStore(storeID, "us-east-1")
	}
	if p.slot == noSlot {
		options.Actor = operatorARN
	}
	service, err := grants.New(options)
	must(err)
	return service, log, reg
}

// enter makes the way into each account that is served now.
func (p *process) enter(own *iamops.Clients, bound string) map[string]grants.Access {
	docs, err := templates.Load(nil)
	must(err)
	access := map[string]grants.Access{}
	p.clients = nil
	for _, id := range p.w.servedNow() {
		clients := own
		if id != account {
			clients = own.Enter(iamops.RoleARN("aws", id, memberRole), externalID)
		}
		p.clients = append(p.clients, clients)
		access[id], err = iamops.New(iamops.Options{
			API: clients.IAM, Account: id, Partition: "aws", OrgID: "org_demo", Path: path, Boundary: iamops.BoundaryARN("aws", id, bound),
			Trust: templates.TrustIdentityCenter, Templates: docs, Console: p.w.plan.console,
		})
		must(err)
	}
	return access
}

func (p *process) build(other bool) {
	w := p.w
	service, log, reg := p.service(other)
	var err error
	p.kafka, err = consumer.New(consumer.Options{
		Access:    func(context.Context) (port.KafkaAccess, error) { return port.KafkaAccess{Brokers: w.brokers}, nil },
		Mechanism: "none", Topic: topic, Group: group, Concurrency: concurrency, Log: log, Registerer: reg, Dialer: p.dialBroker,
		Decode: decode,
		Actions: map[string]consumer.Handler{
			grantAction:  func(r port.Record) consumer.Job { return service.Grant(r) },
			revokeAction: func(r port.Record) consumer.Job { return service.Revoke(r) },
			expireAction: func(r port.Record) consumer.Job { return service.Expire(r) },
		},
		// This broker forgets to time a member out whose connection broke while
		// it joined, and begins its wait again with each other one that
		// joins. With so short a wait, joins that are tried again every 29 s
		// leave gaps in which it gives up.
		Session: 24 * time.Second, Rebalance: 9 * time.Second,
	})
	must(err)
	p.sweeper = service.NewSweeper(grants.SweepOptions{
		Offsets: p.kafka, Interval: sweepInterval, Grace: sweepGrace,
		Sweeping: func() bool { return p.kafka.Holds(0) },
	})
}

func noTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// run is the life of the process; what the daemon does beside, too.
func (p *process) run(ctx context.Context) {
	defer close(p.done)
	for !p.isIn(ctx) {
		if !sleep(ctx, 3*time.Second) {
			return
		}
	}
	var beside sync.WaitGroup
	besides, end := context.WithCancel(ctx)
	beside.Go(func() { p.sweeper.Run(besides) })
	if p.audit != nil {
		beside.Go(func() { p.audit.Run(besides) })
	}
	beside.Go(func() {
		for sleep(besides, probeInterval) {
			p.isIn(besides)
		}
	})
	err := p.kafka.Run(ctx)
	end()
	beside.Wait()
	p.w.trace.add("%s has stopped: %v", p.name, err)
	if err != nil && ctx.Err() == nil {
		p.w.violation("%s ended by itself: %v", p.name, err)
	}
}

// isIn reports whether an account lets the process in. All are asked at once.
func (p *process) isIn(ctx context.Context) bool {
	var in atomic.Bool
	var asking sync.WaitGroup
	for _, c := range p.clients {
		asking.Go(func() {
			if _, err := c.Identity(ctx); err == nil {
				in.Store(true)
			}
		})
	}
	asking.Wait()
	return in.Load()
}

// pass holds what wants to go out or in while the process is stopped. slept: it
// was. The error says that the process is dead.
func (p *process) pass() (slept bool, err error) {
	for {
		p.mu.Lock()
		dead, frozen := p.dead, p.frozen
		p.mu.Unlock()
		switch {
		case dead:
			return slept, errDead
		case frozen == nil:
			return slept, nil
		}
		<-frozen
		slept = true
	}
}

// freeze stops the process for a while: nothing goes out or comes in. False where
// it does not run anyway.
func (p *process) freeze(d time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead || p.frozen != nil {
		return false
	}
	frozen := make(chan struct{})
	p.frozen = frozen
	p.w.trace.add("%s stalls for %s", p.name, d)
	p.w.background(d, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.frozen == frozen {
			p.frozen = nil
			close(frozen)
			p.w.trace.add("%s wakes", p.name)
		}
	})
	return true
}

// kill ends the process without a word to anybody.
func (p *process) kill() bool {
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return false
	}
	p.dead = true
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
	conns := p.conns
	p.conns, p.cables = nil, nil
	p.mu.Unlock()
	p.w.trace.add("%s is killed", p.name)
	for _, c := range conns {
		_ = c.Close()
	}
	p.cancel()
	return true
}

// crash kills the process and has another one started in its place.
func (p *process) crash() {
	if p.kill() && p.slot != noSlot {
		p.w.replace(p, p.w.plan.restart(p.name))
	}
}

// stop asks the process to end, as SIGTERM does, and has another one started in
// its place.
func (p *process) stop(pause time.Duration) {
	p.w.trace.add("%s is asked to stop", p.name)
	p.cancel()
	p.w.replace(p, pause)
}

// tracked makes connections that are cut when the process dies.
func (p *process) tracked(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.dead {
			_ = conn.Close()
			return nil, errDead
		}
		p.conns = append(p.conns, conn)
		return conn, nil
	}
}
