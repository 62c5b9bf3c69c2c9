package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"port-iam/consumer"
	"port-iam/port"
	"port-iam/test/kit/daemontest"
)

// trust is TLS as the broker of the tests needs it.
func (w *world) trust() *tls.Config {
	pem, err := os.ReadFile(w.Kafka.CAFile())
	if err != nil {
		panic(err) // the file is made with the broker
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// refusedTLS: a broker that refuses the TLS of its client is not waited for.
func refusedTLS(w *world) {
	w.createTopic(1)
	old := w.trust()
	old.MaxVersion = tls.VersionTLS12
	for name, config := range map[string]*tls.Config{"certificate required": w.trust(), "version not offered": old} {
		w.t.Run(name, func(t *testing.T) {
			o := w.options(newLedger())
			o.Access = func(context.Context) (port.KafkaAccess, error) {
				return port.KafkaAccess{Brokers: []string{w.Kafka.StrictBrokers()}, Username: daemontest.Org, Password: "secret"}, nil
			}
			o.Mechanism, o.TLS = "SCRAM-SHA-512", config
			m := w.prepare(o)
			for what, try := range map[string]func(context.Context) error{"Preflight": m.Preflight, "Run": m.Run} {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				err := try(ctx)
				cancel()
				var f *consumer.FatalError
				if !errors.As(err, &f) || f.Subject != consumer.SubjectTLS || !strings.Contains(err.Error(), "refused the TLS connection") {
					t.Errorf("%s returns %v, want a final error that says so", what, err)
				}
			}
		})
	}
}
