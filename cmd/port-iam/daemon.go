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

// kafkaSettings are the settings behind what the consumer may find wrong.
var kafkaSettings = map[consumer.Subject]string{
	consumer.SubjectCredentials: "KAFKA_USERNAME, KAFKA_PASSWORD",
	consumer.SubjectMechanism:   "KAFKA_SASL_MECHANISM",
	consumer.SubjectTopic:       "KAFKA_TOPIC",
	consumer.SubjectGroup:       "KAFKA_GROUP_ID",
	consumer.SubjectTLS:         "KAFKA_TLS, KAFKA_BROKERS",
	consumer.SubjectCA:          "KAFKA_TLS_CA_FILE",
}

// nameSettings adds the settings to an error of the consumer, which knows none.
func nameSettings(err error) error {
	var f *consumer.FatalError
	if errors.As(err, &f) && kafkaSettings[f.Subject] != "" {
		return fmt.Errorf("%w; settings: %s", err, kafkaSettings[f.Subject])
	}
	return err
}

// serve begins to serve health and metrics, so that a daemon that waits for
// somebody says so.
func (d *daemon) serve(ctx context.Context, l net.Listener) (stop func()) {
	d.log.Info("listening", "address", l.Addr().String())
	server := &http.Server{
		Handler: handler(d.reg, d.ready, &d.life), ReadHeaderTimeout: 5 * time.Second,
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
	identity, err := d.identity(ctx)
	if err != nil {
		return err
	}
	d.noteClock()
	ops, err := iamops.New(iamops.Options{
		API: d.aws.IAM, Account: identity.Account, Partition: identity.Partition, OrgID: orgID, Path: cfg.iam.path,
		Boundary: cfg.iam.boundary, Trust: cfg.grant.trust, Tags: cfg.iam.tags, Templates: cfg.templates,
		Rules: cfg.grant.rules,
	})
	if err != nil {
		return err
	}
	service := grants.New(grants.Options{
		Portal: d.portal, Access: ops, RoleARN: ops.RoleARN,
		GrantAction: cfg.grant.action, RevokeAction: cfg.grant.revoke, ExpireAction: cfg.grant.expire,
		Duration: cfg.grant.duration, MaxDuration: cfg.grant.maxDuration, UserName: cfg.grant.userName,
		ConfirmRequester: cfg.port.confirmRequester, RequireSignature: cfg.port.signature == signatureRequire,
		ClockSkew: d.aws.ClockSkew, Log: d.log, Registerer: d.reg,
	})
	d.kafka, err = consumer.New(consumer.Options{
		Access:    d.kafkaAccess,
		Mechanism: cfg.kafka.mechanism,
		TLS:       cfg.kafka.tls,
		Topic:     orDefault(cfg.kafka.topic, orgID+".runs"),
		Group:     orDefault(cfg.kafka.groupID, orgID+".port-iam"),
		Actions: map[string]consumer.Handler{
			cfg.grant.action: func(r port.Record) consumer.Job { return service.Grant(r) },
			cfg.grant.revoke: func(r port.Record) consumer.Job { return service.Revoke(r) },
			cfg.grant.expire: func(r port.Record) consumer.Job { return service.Expire(r) },
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
		Survey: d.portal, Inventory: ops, Progress: d.kafka, Interval: cfg.sweepInterval, Grace: cfg.sweepGrace,
		Owner: func() bool { return d.kafka.Owns(0) },
	})
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

func (d *daemon) connectAWS(ctx context.Context) error {
	cfg, err := d.cfg.aws(ctx)
	if err != nil {
		return fmt.Errorf("load the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
		d.log.Info("AWS_REGION is not set, using the default", "region", defaultRegion)
	}
	d.aws = iamops.NewClients(cfg, d.reg)
	return nil
}

// orgID asks Port for the organisation; that Port accepts the credentials is
// checked either way.
func (d *daemon) orgID(ctx context.Context) (string, error) {
	var id string
	err := d.await(ctx, needPort, func(ctx context.Context) (err error) {
		id, err = d.portal.OrganizationID(ctx)
		return err
	}, func(err error) bool { return port.IsKind(err, port.KindUnauthorized) },
		"check PORT_CLIENT_ID, PORT_CLIENT_SECRET and PORT_BASE_URL (EU or US)")
	if err != nil {
		return "", err
	}
	if own := d.cfg.port.orgID; own != "" && own != id {
		return "", fmt.Errorf("PORT_ORG_ID is %s, and the credentials are of %s: correct one of them", own, id)
	}
	return id, nil
}

func (d *daemon) identity(ctx context.Context) (iamops.Identity, error) {
	var id iamops.Identity
	err := d.await(ctx, needAWS, func(ctx context.Context) (err error) {
		id, err = d.aws.Identity(ctx)
		return err
	}, iamops.RejectedCredentials, "check the AWS credentials of the daemon")
	return id, err
}

// await calls f until it succeeds. Who is away is waited for, not ready; who
// rejects us is not.
func (d *daemon) await(ctx context.Context, need string, f func(context.Context) error, final func(error) bool, remedy string) error {
	for {
		d.life.beat()
		tryCtx, cancel := context.WithTimeout(ctx, probeTimeout)
		err := f(tryCtx)
		cancel()
		d.ready.set(need, err)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case final(err):
			return fmt.Errorf("%w: %s", err, remedy)
		}
		d.log.Warn("waiting", "for", need, "error", err)
		if !pause(ctx, retryInterval) {
			return ctx.Err()
		}
	}
}

// probe keeps readiness true: Port and AWS are asked at short intervals whether
// they still know us. What says nothing about that, such as throttling, leaves
// the last known result.
func (d *daemon) probe(ctx context.Context) {
	for pause(ctx, probeInterval) {
		d.life.beat()
		tryCtx, cancel := context.WithTimeout(ctx, probeTimeout)
		var both sync.WaitGroup
		both.Go(func() {
			_, err := d.portal.OrganizationID(tryCtx)
			d.note(ctx, needPort, err, port.IsKind(err, port.KindUnavailable) && isThrottled(err))
		})
		both.Go(func() {
			_, err := d.aws.Identity(tryCtx)
			d.note(ctx, needAWS, err, iamops.Throttled(err))
		})
		both.Wait()
		cancel()
		d.noteClock()
	}
}

// noteClock goes by the last answer of AWS.
func (d *daemon) noteClock() {
	var err error
	if skew, known := d.aws.ClockSkew(); known && skew.Abs() > maxClockSkew {
		err = fmt.Errorf("the local clock is %s ahead of AWS's, nothing is granted: correct it", skew)
	}
	d.ready.set(needClock, err)
}

func (d *daemon) note(ctx context.Context, need string, err error, throttled bool) {
	if throttled || ctx.Err() != nil {
		return
	}
	d.ready.set(need, err)
}

func isThrottled(err error) bool {
	var e *port.Error
	return errors.As(err, &e) && e.Status == http.StatusTooManyRequests
}

// kafkaAccess is asked at the start and whenever a broker refused the last
// answer. What is set overrides its part of what Port says.
func (d *daemon) kafkaAccess(ctx context.Context) (consumer.Access, error) {
	k := d.cfg.kafka
	a := consumer.Access{Brokers: k.brokers, Username: k.username, Password: k.password.reveal()}
	if len(a.Brokers) > 0 && (k.mechanism == "none" || a.Username != "" && a.Password != "") {
		return a, nil
	}
	asked, err := d.portal.KafkaCredentials(ctx)
	if err != nil {
		return a, err
	}
	if len(a.Brokers) == 0 {
		a.Brokers = asked.Brokers
	}
	a.Username = orDefault(a.Username, asked.Username)
	a.Password = orDefault(a.Password, asked.Password)
	return a, nil
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
