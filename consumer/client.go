package consumer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/plugin/kprom"
	"github.com/twmb/franz-go/plugin/kslog"

	"port-iam/port"
)

const noSASL = "none"

func mechanisms() []string { return []string{"SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", noSASL} }

// connection returns the options that every client needs. The credentials are
// fetched from get at each authentication, so new ones need no new client.
func (c *Consumer) connection(brokers []string, get func(context.Context) (port.KafkaAccess, error)) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.ClientID("port-iam"),
		kgo.SeedBrokers(brokers...),
		kgo.Dialer(c.dial),
		kgo.DisableClientMetrics(),
		kgo.WithLogger(quiet{kslog.New(c.log)}),
	}
	if c.opts.Mechanism != noSASL {
		opts = append(opts, kgo.SASL(mechanism(c.opts.Mechanism, get)))
	}
	return opts
}

// quiet shows the warnings of the Kafka client, which repeats them at each of its
// tries, at level DEBUG: what they mean is logged here, once.
type quiet struct{ *kslog.Logger }

// Level is part of kgo.Logger.
func (q quiet) Level() kgo.LogLevel {
	if q.Logger.Level() < kgo.LogLevelDebug {
		return kgo.LogLevelNone
	}
	return kgo.LogLevelWarn
}

// Log is part of kgo.Logger.
func (q quiet) Log(_ kgo.LogLevel, msg string, keyvals ...any) {
	q.Logger.Log(kgo.LogLevelDebug, "Kafka client: "+msg, keyvals...)
}

// ask lets f ask the cluster with a client of its own, which is seldom enough to
// be cheap and does not disturb what the group does.
func (c *Consumer) ask(ctx context.Context, f func(context.Context, *kgo.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, preflightWait)
	defer cancel()
	access, err := c.access.get(ctx)
	if err != nil {
		return err
	}
	cl, err := openClient(c.connection(access.Brokers, c.access.get))
	if err != nil {
		return err
	}
	defer cl.Close()
	err = f(ctx, cl)
	if errors.Is(err, kerr.SaslAuthenticationFailed) {
		c.access.refuse() // the session may go on with connections from before
	}
	return err
}

func openClient(opts []kgo.Opt) (*kgo.Client, error) {
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, &FatalError{Problem: "the settings of the Kafka client are wrong", Remedy: "correct them", Err: err}
	}
	return cl, nil
}

func mechanism(name string, get func(context.Context) (port.KafkaAccess, error)) sasl.Mechanism {
	scramAuth := func(ctx context.Context) (scram.Auth, error) {
		a, err := get(ctx)
		return scram.Auth{User: a.Username, Pass: a.Password}, err
	}
	switch name {
	case "SCRAM-SHA-512":
		return scram.Sha512(scramAuth)
	case "SCRAM-SHA-256":
		return scram.Sha256(scramAuth)
	default:
		return plain.Plain(func(ctx context.Context) (plain.Auth, error) {
			a, err := get(ctx)
			return plain.Auth{User: a.Username, Pass: a.Password}, err
		})
	}
}

// dial opens a connection and, where asked for, does the TLS handshake here, so
// that its errors can be told from others.
func (c *Consumer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWait)
	defer cancel()
	conn, err := c.opts.Dialer(ctx, network, addr)
	if err != nil || c.opts.TLS == nil {
		return conn, err
	}
	cfg := c.opts.TLS.Clone()
	if cfg.ServerName == "" {
		if cfg.ServerName, _, err = net.SplitHostPort(addr); err != nil {
			cfg.ServerName = addr
		}
	}
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		err = fmt.Errorf("TLS handshake with %s: %w", addr, err)
		if errors.Is(err, io.EOF) {
			return nil, &FatalError{Subject: SubjectTLS, Problem: "the Kafka broker does not seem to speak TLS", Remedy: "switch TLS off, or use the broker's TLS port", Err: err, guess: true}
		}
		return nil, err
	}
	return secure, nil
}

// options returns those of the one client of a session.
func (s *session) options(brokers []string) []kgo.Opt {
	o := s.c.opts
	opts := append(s.c.connection(brokers, s.access),
		kgo.ConsumerGroup(o.Group),
		kgo.ConsumeTopics(o.Topic),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(o.Session),
		kgo.HeartbeatInterval(o.Session/heartbeats),
		kgo.RebalanceTimeout(o.Rebalance),
		kgo.MetadataMaxAge(newPartitions),

		// Only this package knows what is finished.
		kgo.DisableAutoCommit(),

		// A partition without a commit starts at the beginning of its log:
		// what is already done shows in the state of each run. Starting at the
		// end would skip what was written between joining and the first
		// commit. A commit before the beginning goes on there too, see begin;
		// one past the end never moves by itself: going back would repeat the
		// log, going on would lose runs without a word.
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.AdjustFetchOffsetsFn(s.begin),

		// A transaction that hangs must not stop removals, and no record is
		// believed before Port confirms it, so records of open and aborted ones
		// are read too. The markers at their ends are handed out, so that
		// commits reach the end of the log.
		kgo.KeepControlRecords(),

		// Errors that may pass are kept too: where another partition of the same
		// broker has none, the client would ask again at once, without an end.
		kgo.KeepRetryableFetchErrors(),

		// Bounded memory: what is fetched ahead, which may be compressed, and
		// what one compressed batch may become.
		kgo.FetchMaxBytes(1<<20),
		kgo.FetchMaxPartitionBytes(64<<10),
		kgo.MaxDecompressBatchBytes(64<<20),

		// A partition that is added waits for the end of the fetch under way.
		kgo.FetchMaxWait(fetchWait),

		kgo.OnPartitionsAssigned(s.assigned),
		kgo.OnPartitionsRevoked(s.revoked),
		kgo.OnPartitionsLost(s.takenAway),
		kgo.WithHooks(s, kprom.NewMetrics("port_iam_kafka", kprom.Registerer(o.Registerer))),
	)
	if o.Instance != "" {
		opts = append(opts, kgo.InstanceID(o.Instance))
	}
	return opts
}
