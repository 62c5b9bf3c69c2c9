package kafkatest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// requestTimeout bounds what one method of Broker asks of a running broker.
const requestTimeout = 30 * time.Second

// ClientOpts returns what a client needs to connect as the given user, over TLS
// and SCRAM-SHA-512.
func (b *Broker) ClientOpts(user, password string) []kgo.Opt {
	b.t.Helper()
	pem, err := os.ReadFile(b.CAFile())
	if err != nil {
		b.t.Fatalf("read the certificate of the broker: %v", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		b.t.Fatalf("no certificate in %s", b.CAFile())
	}
	return []kgo.Opt{
		kgo.SeedBrokers(b.Brokers()),
		kgo.DialTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}),
		kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()),
		kgo.DisableClientMetrics(),
	}
}

// client returns a client that the caller closes.
func (b *Broker) client(opts ...kgo.Opt) *kgo.Client {
	b.t.Helper()
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		b.t.Fatalf("make a client: %v", err)
	}
	return cl
}

// superUser returns a client of the plaintext listener that the caller closes.
func (b *Broker) superUser() *kgo.Client {
	b.t.Helper()
	return b.client(
		kgo.SeedBrokers(b.AdminBrokers()),
		kgo.DisableClientMetrics(),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.RetryBackoffFn(func(int) time.Duration { return 25 * time.Millisecond }),
	)
}

// ask lets a super user ask the running broker for something. The test fails
// with what was asked if that returns an error.
func (b *Broker) ask(what string, fn func(context.Context, *kadm.Client) error) {
	b.t.Helper()
	cl := b.superUser()
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if err := fn(ctx, kadm.NewClient(cl)); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// await lets a super user look at the broker until ready returns nil. The
// controller answers before the broker has heard of a change, so every change
// is followed by a look at the broker.
func (b *Broker) await(what string, ready func(context.Context, *kadm.Client) error) {
	b.t.Helper()
	cl := b.superUser()
	defer cl.Close()
	b.proc.Await(what, func(ctx context.Context) error {
		return ready(ctx, kadm.NewClient(cl))
	})
}
