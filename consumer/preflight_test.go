package consumer

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"port-iam/port"
)

func TestFinalProblems(t *testing.T) {
	fault := func(key kmsg.Key, code *kerr.Error) kfake.Fault {
		return kfake.Fault{Keys: []kmsg.Key{key}, Err: code, Count: -1}
	}
	tests := map[string]struct {
		fault  kfake.Fault
		change func(*Options)
		want   []string
		step   Step
	}{
		"wrong password":  {fault: fault(kmsg.SASLAuthenticate, kerr.SaslAuthenticationFailed), want: []string{"refused the user name or the password", "check both"}, step: StepReach},
		"wrong mechanism": {fault: fault(kmsg.SASLHandshake, kerr.UnsupportedSaslMechanism), want: []string{"SCRAM-SHA-512", "set one"}, step: StepReach},
		"topic ACL":       {fault: fault(kmsg.Metadata, kerr.TopicAuthorizationFailed), want: []string{"read topic", testTopic, "grant READ"}, step: StepTopic},
		"group ACL":       {fault: fault(kmsg.OffsetFetch, kerr.GroupAuthorizationFailed), want: []string{"join group", testGroup, "grant READ"}, step: StepGroup},
		"missing topic":   {change: func(o *Options) { o.Topic = "org.absent" }, want: []string{`no topic "org.absent"`, "create it"}, step: StepTopic},
		"no broker":       {change: func(o *Options) { o.Access = access(port.KafkaAccess{Username: "u", Password: "pass-word"}) }, want: []string{"no Kafka broker", "set the addresses"}},
		"access is final": {
			change: func(o *Options) {
				o.Access = func(context.Context) (port.KafkaAccess, error) {
					return port.KafkaAccess{}, &FatalError{Problem: "no key", Remedy: "get one"}
				}
			},
			want: []string{"no key: get one"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(t *testing.T, w *world) {
				o := w.options(newLedger().handler)
				o.Mechanism = "SCRAM-SHA-512"
				o.Access = access(port.KafkaAccess{Brokers: w.ListenAddrs(), Username: "user", Password: "pass-word"})
				if tt.change != nil {
					tt.change(&o)
				}
				if tt.fault.Keys != nil {
					w.Fault(tt.fault)
				}
				r := start(t, o)
				<-r.done
				err := r.stop()
				if !Final(err) {
					t.Fatalf("Run: %v, want a final error", err)
				}
				at := &PreflightError{}
				if errors.As(err, &at); at.Step != tt.step {
					t.Errorf("the error is of the step %q, want %q", at.Step, tt.step)
				}
				for _, want := range tt.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%q is not in %q", want, err)
					}
				}
				if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "pass-word") {
					t.Errorf("more than one line, or a secret: %q", err)
				}
			}, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "user", "pass-word"))
		})
	}
}

func access(a port.KafkaAccess) func(context.Context) (port.KafkaAccess, error) {
	return func(context.Context) (port.KafkaAccess, error) { return a, nil }
}

func TestMechanisms(t *testing.T) {
	for _, m := range mechanisms() {
		if m == noSASL {
			continue
		}
		inBubble(t, 1, func(t *testing.T, w *world) {
			o := w.options(newLedger().handler)
			o.Mechanism = m
			o.Access = access(port.KafkaAccess{Brokers: w.ListenAddrs(), Username: "user", Password: "pass-word"})
			c, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Preflight(t.Context()); err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}, kfake.EnableSASL(), kfake.Superuser(m, "user", "pass-word"))
	}
}

// TestWaitsForWhatMayPass: neither an absent broker nor an error of Access ends
// Run.
func TestWaitsForWhatMayPass(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("r", 5)...)
		l := newLedger()
		wire := &cable{dialer: w.dial}
		wire.set(true)
		var denied atomic.Bool
		denied.Store(true)
		o := w.options(l.handler)
		o.Dialer = wire.dial
		o.Access = func(context.Context) (port.KafkaAccess, error) {
			if denied.Load() {
				return port.KafkaAccess{}, errors.New("asked too early")
			}
			return port.KafkaAccess{Brokers: w.ListenAddrs()}, nil
		}
		r := start(t, o)
		r.awaitUnready(t, "asked too early")
		after(time.Hour)
		denied.Store(false)
		r.awaitUnready(t, string(StepReach)+": ")
		after(time.Hour)
		r.awaitUnready(t, "network is cut")
		wire.set(false)
		l.await(t, 5)
		r.awaitReady(t)
	})
}

// TestPasswordChanged: the broker refuses the old password from some time on.
// Access is asked again then, not before, and nothing is restarted.
func TestPasswordChanged(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		w.cl = w.client(t, kgo.SASL(plain.Auth{User: "after", Pass: "p2"}.AsMechanism()))
		var asked atomic.Int32
		var rotated atomic.Bool
		l := newLedger()
		wire := &cable{dialer: w.dial}
		o := w.options(l.handler)
		o.Mechanism = "PLAIN"
		o.Dialer = wire.dial
		o.Access = func(context.Context) (port.KafkaAccess, error) {
			asked.Add(1)
			a := port.KafkaAccess{Brokers: w.ListenAddrs(), Username: "before", Password: "p1"}
			if rotated.Load() {
				a.Username, a.Password = "after", "p2"
			}
			return a, nil
		}
		r := start(t, o)
		r.awaitReady(t)
		w.produce(t, 0, runs("a", 5)...)
		l.await(t, 5)
		wire.set(true)
		wire.set(false)
		w.produce(t, 0, runs("b", 5)...)
		l.await(t, 10)
		if n := asked.Load(); n != 1 {
			t.Errorf("Access was asked %d times for new connections", n)
		}
		w.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.SASLAuthenticate}, Err: kerr.SaslAuthenticationFailed, Count: -1,
			When: func(req kmsg.Request) bool {
				return bytes.Contains(req.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes, []byte("before"))
			},
		})
		wire.set(true)
		wire.set(false)
		r.awaitUnready(t, "refused the user name or the password")
		after(10 * time.Minute)
		if n := asked.Load(); n > 30 {
			t.Errorf("Access was asked %d times in ten minutes", n)
		}
		rotated.Store(true)
		w.produce(t, 0, runs("c", 5)...)
		l.await(t, 15)
		r.awaitReady(t)
	}, kfake.EnableSASL(), kfake.Superuser("PLAIN", "before", "p1"), kfake.Superuser("PLAIN", "after", "p2"))
}

// TestAccessTakenAway: while it runs, nothing that Access says ends the consumer.
func TestAccessTakenAway(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		var gone atomic.Bool
		wire := &cable{dialer: w.dial}
		l := newLedger()
		o := w.options(l.handler)
		o.Mechanism = "PLAIN"
		o.Dialer = wire.dial
		o.Access = func(context.Context) (port.KafkaAccess, error) {
			if gone.Load() {
				return port.KafkaAccess{}, &FatalError{Problem: "the client was deleted", Remedy: "make a new one"}
			}
			return port.KafkaAccess{Brokers: w.ListenAddrs(), Username: "user", Password: "pass-word"}, nil
		}
		r := start(t, o)
		r.awaitReady(t)
		gone.Store(true)
		refused := w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.SASLAuthenticate}, Err: kerr.SaslAuthenticationFailed, Count: -1})
		wire.set(true)
		wire.set(false)
		r.awaitUnready(t, "the client was deleted")
		after(time.Hour)
		r.awaitUnready(t, "the client was deleted")
		if refused.Hits() == 0 {
			t.Error("the broker refused no one")
		}
		refused.Remove()
		gone.Store(false)
		r.awaitReady(t)
	}, kfake.EnableSASL(), kfake.Superuser("PLAIN", "user", "pass-word"))
}

// TestTLS needs real connections: crypto/tls and the fake network do not mix.
func TestTLS(t *testing.T) {
	server, roots := certificate(t)
	broker := newWorld(t, (&tls.Dialer{Config: &tls.Config{RootCAs: roots}}).DialContext, kfake.TLS(server), kfake.SeedTopics(1, testTopic))
	closing := listen(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)) })
	babbling := listen(t, func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) })
	tests := map[string]struct {
		addr string
		tls  *tls.Config
		want string
	}{
		"good":                 {broker.ListenAddrs()[0], &tls.Config{RootCAs: roots}, ""},
		"unknown authority":    {broker.ListenAddrs()[0], &tls.Config{}, "certificate of the Kafka broker is not trusted"},
		"other name":           {broker.ListenAddrs()[0], &tls.Config{RootCAs: roots, ServerName: "kafka.example"}, "certificate of the Kafka broker is not trusted"},
		"TLS missing":          {broker.ListenAddrs()[0], nil, "expects TLS"},
		"TLS not spoken":       {babbling, &tls.Config{}, "does not speak TLS"},
		"closed in handshake":  {closing, &tls.Config{}, "does not seem to speak TLS"},
		"version refused":      {serving(t, &tls.Config{Certificates: server.Certificates, MinVersion: tls.VersionTLS13}), &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}, "refused the TLS connection"},
		"certificate wanted":   {serving(t, &tls.Config{Certificates: server.Certificates, ClientAuth: tls.RequireAnyClientCert}), &tls.Config{RootCAs: roots}, "refused the TLS connection"},
		"wanted with TLS 1.2":  {serving(t, &tls.Config{Certificates: server.Certificates, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}), &tls.Config{RootCAs: roots}, "refused the TLS connection"},
		"closed without a TLS": {closing, nil, "closes every new connection"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := broker.options(newLedger().handler)
			o.Access = access(port.KafkaAccess{Brokers: []string{tt.addr}})
			o.TLS, o.Dialer = tt.tls, nil
			c, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Preflight(t.Context())
			if tt.want == "" {
				if err != nil {
					t.Errorf("Preflight: %v", err)
				}
				return
			}
			if !Final(err) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Preflight: %v, want a final error with %q", err, tt.want)
			}
		})
	}
}

// TestClosedConnectionsAreWaitedFor: a load balancer whose brokers are away accepts
// connections and closes them.
func TestClosedConnectionsAreWaitedFor(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		var away atomic.Bool
		away.Store(true)
		var dials atomic.Int32
		l := newLedger()
		o := w.options(l.handler)
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if !away.Load() {
				return w.dial(ctx, network, addr)
			}
			dials.Add(1)
			client, server := net.Pipe()
			go func() {
				_, _ = server.Read(make([]byte, 4096))
				_ = server.Close()
			}()
			return client, nil
		}
		w.produce(t, 0, runs("r", 1)...)
		r := start(t, o)
		r.awaitUnready(t, "closes every new connection")
		after(time.Hour)
		if n := dials.Load(); n < 100 {
			t.Errorf("%d connections in an hour", n)
		}
		away.Store(false)
		l.await(t, 1)
		r.awaitReady(t)
	})
}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// serving serves TLS connections that it never answers.
func serving(t *testing.T, cfg *tls.Config) string {
	t.Helper()
	return listen(t, func(c net.Conn) {
		if s := tls.Server(c, cfg); s.Handshake() == nil {
			_, _ = s.Read(make([]byte, 4096))
		}
	})
}

// listen serves connections with f and closes them.
func listen(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}
