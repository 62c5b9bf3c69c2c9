package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"port-iam/consumer"
	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
)

const (
	probeInterval = 10 * time.Second // of Port and AWS, for readiness
	probeTimeout  = 8 * time.Second
	retryInterval = 3 * time.Second // at the start, while somebody is away
	httpStop      = 2 * time.Second // for requests under way when stopping
	defaultRegion = "us-east-1"     // IAM is global; the SDK wants a region
	maxClockSkew  = 60 * time.Second
)

// Names of what must hold to be ready.
const (
	needPort  = "port"
	needAWS   = "aws"
	needKafka = "kafka"
	needClock = "clock"
)

func newLogger(cfg *config, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.logLevel}
	if cfg.logText {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// daemon is what `port-iam run` consists of.
type daemon struct {
	cfg   *config
	log   *slog.Logger
	reg   *prometheus.Registry
	ready *readiness
	page  *statusPage
	life  pulse

	portal  *port.Client
	aws     *iamops.Clients
	kafka   *consumer.Consumer
	sweeper *grants.Sweeper
}

// run is the daemon: built in order, by hand, and torn down in reverse. It
// returns nil after a clean stop.
func run(ctx context.Context, cfg *config, stderr io.Writer) error {
	l, err := listen(ctx, cfg.listenAddress)
	if err != nil {
		return err
	}
	return runOn(ctx, cfg, l, stderr)
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("LISTEN_ADDRESS: %w", err)
	}
	return l, nil
}

// runOn is run with a listener that is open already; it closes it.
func runOn(ctx context.Context, cfg *config, l net.Listener, stderr io.Writer) error {
	reg := prometheus.NewRegistry()
	d := &daemon{cfg: cfg, log: newLogger(cfg, stderr), reg: reg, ready: newReadiness(reg, needPort, needAWS, needClock, needKafka)}
	d.page = newStatusPage(reg, d.ready, cfg)
	d.life.beat()
	d.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	readBuild().register(d.reg)
	for _, w := range cfg.warnings {
		d.log.Warn("deliberate choice", "setting", w)
	}
	stop := d.serve(ctx, l)
	defer stop()
	defer d.supervise(ctx)()
	if err := d.build(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	var beside sync.WaitGroup
	besides, end := context.WithCancel(ctx)
	defer beside.Wait()
	defer end()
	beside.Go(func() { d.probe(besides) })
	if cfg.sweepInterval > 0 {
		beside.Go(func() { d.sweeper.Run(besides) })
	}

	err := nameSettings(d.kafka.Run(ctx))
	d.log.Info("stopped", "clean", err == nil)
	return err
}

// serve begins to serve health, metrics and the status page, so that a daemon that waits for
// somebody says so.
func (d *daemon) serve(ctx context.Context, l net.Listener) (stop func()) {
	d.log.Info("listening", "address", l.Addr().String())
	mux := handler(d.reg, d.ready, &d.life)
	mux.Handle("GET /{$}", d.page)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelWarn),
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), httpStop)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		serving.Wait()
	}
}

// build makes the parts in the order in which they need each other, and waits
// for who is away.
func (d *daemon) build(ctx context.Context) (err error) {
	cfg := d.cfg
	d.portal, err = port.New(port.Options{
		BaseURL: cfg.port.baseURL, ClientID: cfg.port.clientID, ClientSecret: cfg.port.clientSecret.reveal(),
		Log: d.log, Registerer: d.reg, UserAgent: "port-iam/" + readBuild().version,
	})
	if err != nil {
		return err
	}
	if err := d.connectAWS(ctx); err != nil {
		return err
	}
	orgID, err := d.orgID(ctx)
	if err != nil {
		return err
	}
	topic, group := orDefault(cfg.kafka.topic, orgID+".runs"), orDefault(cfg.kafka.groupID, orgID+".port-iam")
	d.page.know(factOrg, orgID)
	d.page.know(factTopic, topic)
	d.page.know(factGroup, group)
	identity, err := d.identity(ctx)
	if err != nil {
		return err
	}
	d.page.know(factAccount, identity.Account)
	d.page.know(factPartition, identity.Partition)
	d.noteClock()
	if err := d.checkActions(ctx, identity.Account); err != nil {
		return err
	}
	ops, err := iamops.New(iamops.Options{
		API: d.aws.IAM, Account: identity.Account, Partition: identity.Partition, OrgID: orgID, Path: cfg.iam.path,
		Boundary: cfg.iam.boundary, Trust: cfg.grant.trust, Tags: cfg.iam.tags, Templates: cfg.templates,
		Rules: cfg.grant.rules,
	})
	if err != nil {
		return err
	}
	service, err := grants.New(grants.Options{
		Portal: d.portal, Access: ops, RoleARN: ops.RoleARN,
		Actions:  cfg.grant.actions,
		Duration: cfg.grant.duration, MaxDuration: cfg.grant.maxDuration, UserName: cfg.grant.userName,
		ConfirmRequester: cfg.port.confirmRequester, RequireSignature: cfg.port.signature == signatureRequire,
		ClockSkew: d.aws.ClockSkew, Log: d.log, Registerer: d.reg,
	})
	if err != nil {
		return err
	}
	d.kafka, err = consumer.New(consumer.Options{
		Access:    d.kafkaAccess,
		Mechanism: cfg.kafka.mechanism,
		TLS:       cfg.kafka.tls,
		Topic:     topic,
		Group:     group,
		Actions: map[string]consumer.Handler{
			cfg.grant.actions.Grant:  func(r port.Record) consumer.Job { return service.Grant(r) },
			cfg.grant.actions.Revoke: func(r port.Record) consumer.Job { return service.Revoke(r) },
			cfg.grant.actions.Expire: func(r port.Record) consumer.Job { return service.Expire(r) },
		},
		Decode:      d.decode,
		Concurrency: cfg.grant.concurrency,
		Log:         d.log,
		Registerer:  d.reg,
	})
	if err != nil {
		return err
	}
	d.sweeper = service.NewSweeper(grants.SweepOptions{
		Offsets: d.kafka, Interval: cfg.sweepInterval, Grace: cfg.sweepGrace,
		Sweeping: func() bool { return d.kafka.Holds(0) },
	})
	d.page.follow(service)
	d.ready.live(needKafka, d.kafka.Ready)
	d.log.Info("starting", "version", readBuild().version, "org", orgID, "account", identity.Account, "partition", identity.Partition)
	return nil
}

// decode reads a record and checks its signature, if it is to be checked.
func (d *daemon) decode(value []byte) (port.Record, port.Verdict) {
	rec, verdict := port.Decode(value)
	if verdict == port.VerdictRun && d.cfg.port.signature != signatureOff {
		rec.Signature = port.CheckSignature(value, d.cfg.port.signingSecret.reveal())
	}
	return rec, verdict
}
