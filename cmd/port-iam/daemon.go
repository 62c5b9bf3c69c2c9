package main

import (
	"context"
	"errors"
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
)

const (
	probeInterval = 10 * time.Second // of Port and AWS, for readiness
	probeTimeout  = 8 * time.Second
	retryInterval = 3 * time.Second // at the start, while Port or AWS does not answer
	httpStop      = 2 * time.Second // for requests under way when stopping
)

// Names of what must hold to be ready.
const (
	needPort  = "port"
	needAWS   = "aws"
	needKafka = "kafka"
	needClock = "clock"
	needAudit = "audit"
)

func newLogger(cfg *config, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.serve.logLevel}
	if cfg.serve.logText {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// daemon is what `port-iam run` consists of.
type daemon struct {
	clients
	ready   *readiness
	page    *statusPage
	inGroup func(group string) // says so in the metrics
	life    liveness
	watch   *accountWatch

	// Made by build.
	served  []account
	service *grants.Service
	kafka   *consumer.Consumer
	sweeper *grants.Sweeper
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("LISTEN_ADDRESS: %w", err)
	}
	return l, nil
}

// runDaemon is `port-iam run`. Wrong settings are told as they are by every
// command; every other end with an error is a line of the log.
func runDaemon(ctx context.Context, stdout, stderr io.Writer) error {
	cfg, err := readSettings().parse(defaultAWS)
	if err = errors.Join(err, cfg.awsErr); err != nil {
		return configError{err}
	}
	l, err := listen(ctx, cfg.serve.address)
	if err == nil {
		err = run(ctx, cfg, l, stdout, stderr)
	}
	if err != nil {
		newLogger(cfg, stderr).Error("port-iam: cannot go on", "error", err)
		err = loggedError{err}
	}
	return err
}

// newDaemon makes what works before Port, AWS or Kafka has answered.
func newDaemon(cfg *config, reg *prometheus.Registry, stderr io.Writer) *daemon {
	d := &daemon{
		clients: clients{cfg: cfg, log: newLogger(cfg, stderr), reg: reg},
		ready:   newReadiness(reg, needPort, needAWS, needClock, needKafka),
		watch:   newAccountWatch(reg, cfg.accounts.ids),
	}
	d.page = newStatusPage(reg, d.ready, d.watch, cfg)
	d.life.note("asking Port and AWS", d.life.probe.Alive)
	d.life.note("asking accounts", d.life.accounts.Alive)
	d.life.probe.Beat(pulseLimit)
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	d.inGroup = readBuild().register(reg)
	return d
}

// run is the daemon: built in order, by hand, and torn down in reverse. It closes
// the listener, and returns nil after a clean stop. Audit events may go to stdout, and
// nothing else does.
func run(ctx context.Context, cfg *config, l net.Listener, stdout, stderr io.Writer) error {
	reg := prometheus.NewRegistry()
	d := newDaemon(cfg, reg, stderr)
	for _, w := range cfg.warnings {
		d.log.Warn("deliberate choice", "setting", w)
	}
	closeAudit, err := d.openAudit(ctx, stdout)
	if err != nil {
		_ = l.Close()
		return err
	}
	defer closeAudit()
	defer d.serve(ctx, l, handler(reg, d.ready, &d.life), serverLimits)()
	defer d.supervise(ctx)()
	if err := d.build(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	defer inBackground(ctx, d.probe)()
	defer inBackground(ctx, d.probeAccounts)()
	defer inBackground(ctx, d.warnElsewhere)()
	defer inBackground(ctx, d.tryStore)()
	if cfg.sweep.interval > 0 {
		defer inBackground(ctx, d.sweeper.Run)()
	}

	err = nameSettings(d.kafka.Run(ctx))
	d.log.Info("stopped", "clean", err == nil)
	return err
}

// httpLimits are how long the server waits for a client, and how much it reads.
type httpLimits struct {
	header, read, write, idle time.Duration
	headerBytes               int
}

// serverLimits let a client hold a connection only for a while: those to Kafka,
// Port and AWS need file descriptors, too.
var serverLimits = httpLimits{header: 5 * time.Second, read: 10 * time.Second, write: 30 * time.Second, idle: time.Minute, headerBytes: 16 << 10}

// serve begins to serve health, metrics and the status page before anything else
// is connected, so that /readyz can say what the daemon is waiting for.
func (d *daemon) serve(ctx context.Context, l net.Listener, mux *http.ServeMux, limits httpLimits) (stop func()) {
	d.log.Info("listening", "address", l.Addr().String())
	mux.Handle("GET /{$}", d.page)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: limits.header, ReadTimeout: limits.read, WriteTimeout: limits.write,
		IdleTimeout: limits.idle, MaxHeaderBytes: limits.headerBytes,
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

// build makes the parts in the order in which they need each other. It waits for
// Port and AWS; Kafka is waited for when the consumer runs.
func (d *daemon) build(ctx context.Context) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	org, err := await(ctx, d, needPort, d.portal.OrganizationID, unauthorized, remedyLogin)
	if err == nil {
		err = d.cfg.checkOrganization(org)
	}
	if err != nil {
		return err
	}
	topic, group := d.cfg.kafkaNames(org)
	d.page.know("Organisation", org)
	d.page.know("Kafka topic", topic)
	d.page.know("Consumer group", group)
	d.inGroup(group)
	const remedyAWS = "check the AWS credentials of the daemon"
	identity, err := await(ctx, d, needAWS, d.aws.Identity, iamops.RejectedCredentials, remedyAWS)
	if err != nil {
		return err
	}
	d.page.know("AWS account", identity.Account)
	d.page.know("AWS partition", identity.Partition)
	d.ready.live(needClock, d.clockProblem)
	if err := d.buildAccounts(ctx, org, identity); err != nil {
		return err
	}
	if d.service, err = d.newService(d.served); err != nil {
		return err
	}
	if d.kafka, err = d.newConsumer(org, d.service); err != nil {
		return err
	}
	d.sweeper = d.service.NewSweeper(grants.SweepOptions{
		Offsets: d.kafka, Interval: d.cfg.sweep.interval, Grace: d.cfg.sweep.grace,
		Sweeping: func() bool { return d.kafka.Holds(0) },
	})
	d.page.follow(d.service)
	d.ready.live(needKafka, d.kafka.Ready)
	d.life.note("consumer", d.kafka.Alive)
	d.life.note("sweep", d.sweeper.Alive)
	d.log.Info("starting", "version", version, "org", org, "account", identity.Account, "partition", identity.Partition, "accounts", len(d.served))
	return nil
}
