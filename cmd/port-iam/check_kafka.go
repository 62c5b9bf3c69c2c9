package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"port-iam/consumer"
)

// dialTimeout is for one connection, TLS included.
const dialTimeout = 5 * time.Second

func (c *checker) kafkaSettings(ctx context.Context) stepOutcome {
	access, err := c.kafkaAccess(ctx)
	if err != nil {
		f, final := errors.AsType[*consumer.FatalError](err)
		switch {
		case final && f.Err != nil:
			return failed(f.Err, f.Remedy)
		case final:
			return failed(errors.New(f.Problem), f.Remedy)
		}
		o := portFailed(err)
		o.Remedy += "; or set KAFKA_BROKERS, KAFKA_USERNAME and KAFKA_PASSWORD, so that Port is not asked for them"
		return o
	}
	c.access = access
	return fine("%s", strings.Join(access.Brokers, ","))
}

func (c *checker) kafkaDNS(ctx context.Context) stepOutcome {
	return c.eachBroker("resolved", "check KAFKA_BROKERS and the DNS of this machine", func(broker string) error {
		host, _, err := net.SplitHostPort(broker)
		if err == nil {
			_, err = net.DefaultResolver.LookupHost(ctx, host)
		}
		return err
	})
}

func (c *checker) kafkaConnection(ctx context.Context) stepOutcome {
	const remedy = "check KAFKA_BROKERS, and that firewalls and security groups let this machine connect to the ports of the brokers"
	return c.eachBroker("reached", remedy, func(broker string) error {
		d := net.Dialer{Timeout: dialTimeout}
		conn, err := d.DialContext(ctx, "tcp", broker)
		if err == nil {
			_ = conn.Close()
			c.reached = append(c.reached, broker)
		}
		return err
	})
}

// eachBroker tries something with all brokers. It passes if it works with at
// least one: clients find the rest through it.
func (c *checker) eachBroker(done, remedy string, try func(broker string) error) stepOutcome {
	all := c.access.Brokers
	var bad []string
	for _, b := range all {
		if err := try(b); err != nil {
			bad = append(bad, fmt.Sprintf("%s: %v", b, err))
		}
	}
	if len(bad) == len(all) {
		return failed(errors.New(strings.Join(bad, "; ")), remedy)
	}
	o := fine("%d of %d brokers %s", len(all)-len(bad), len(all), done)
	if len(bad) > 0 {
		o.Why += "; not " + strings.Join(bad, "; ")
	}
	return o
}

func (c *checker) kafkaTLS(ctx context.Context) stepOutcome {
	if c.cfg.kafka.tls == nil {
		return skipped("KAFKA_TLS=false")
	}
	for _, b := range c.reached {
		d := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: c.cfg.kafka.tls.Clone()}
		conn, err := d.DialContext(ctx, "tcp", b)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", b, err), remedyTLS(err))
		}
		_ = conn.Close()
	}
	return fine("the certificate is trusted")
}

func remedyTLS(err error) string {
	if errors.As(err, new(*tls.CertificateVerificationError)) {
		return "set KAFKA_TLS_CA_FILE to the certificate authority of the cluster, or correct KAFKA_BROKERS to the names in the certificate"
	}
	return "use the brokers' TLS port in KAFKA_BROKERS, or set KAFKA_TLS=false if the cluster has none"
}

// kafkaLogin also takes the steps of the preflight behind it, which come to the
// following two.
func (c *checker) kafkaLogin(ctx context.Context) stepOutcome {
	client, err := c.newConsumer(c.org, nil) // no record is read
	if err == nil {
		err = client.Preflight(ctx)
	}
	c.preflight = err
	return c.upTo(consumer.StepReach, c.cfg.kafka.mechanism)
}

func (c *checker) kafkaTopic(context.Context) stepOutcome {
	topic, _ := c.cfg.kafkaNames(c.org)
	return c.upTo(consumer.StepTopic, topic+" exists and may be read")
}

func (c *checker) kafkaGroup(context.Context) stepOutcome {
	_, group := c.cfg.kafkaNames(c.org)
	return c.upTo(consumer.StepGroup, group+" may be used")
}

// upTo judges one step of the preflight. An error of no step stopped it before the
// first.
func (c *checker) upTo(at consumer.Step, good string) stepOutcome {
	stopped := &consumer.PreflightError{Step: consumer.StepReach}
	if errors.As(c.preflight, &stopped); c.preflight == nil || stopped.Step != at {
		return fine("%s", good) // it got further
	}
	return failed(c.preflight, remedyKafka(c.preflight))
}

func remedyKafka(err error) string {
	var f *consumer.FatalError
	if !errors.As(err, &f) {
		return "try again later; if it fails again, check the brokers, KAFKA_USERNAME and KAFKA_PASSWORD: some brokers close the connection instead of refusing"
	}
	if names := subjectSettings[f.Subject]; names != "" {
		return f.Remedy + " (" + names + ")"
	}
	return f.Remedy
}
