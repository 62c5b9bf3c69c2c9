package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"port-iam/consumer"
	"port-iam/port"
)

// kafkaChecks is what the steps about Kafka find out for each other.
type kafkaChecks struct {
	access consumer.Access
	open   []string // brokers that take a connection

	tried bool // the preflight
	err   error
}

// dialTimeout is for one connection, TLS included.
const dialTimeout = 5 * time.Second

func (c *checker) kafkaSettings(ctx context.Context) stepOutcome {
	access, err := c.kafkaAccess(ctx)
	if err != nil {
		o := portFailed(err)
		o.Remedy += "; or set KAFKA_BROKERS, KAFKA_USERNAME and KAFKA_PASSWORD, then Port is not asked for them"
		return o
	}
	if len(access.Brokers) == 0 {
		return failed(errors.New("no broker is known: Port names none"), "set KAFKA_BROKERS")
	}
	c.kafka.access = access
	return fine("%s", strings.Join(access.Brokers, ","))
}

func (c *checker) kafkaDNS(ctx context.Context) stepOutcome {
	var bad []string
	for _, b := range c.kafka.access.Brokers {
		host, _, err := net.SplitHostPort(b)
		if err == nil {
			_, err = net.DefaultResolver.LookupHost(ctx, host)
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s: %v", b, err))
		}
	}
	if len(bad) == len(c.kafka.access.Brokers) {
		return failed(errors.New(strings.Join(bad, "; ")), "check KAFKA_BROKERS and the DNS of this machine")
	}
	return some("resolved", len(c.kafka.access.Brokers), bad)
}

// some is ok for a part of the brokers: one leads to the others.
func some(what string, all int, bad []string) stepOutcome {
	o := fine("%d of %d brokers %s", all-len(bad), all, what)
	if len(bad) > 0 {
		o.Why += "; not " + strings.Join(bad, "; ")
	}
	return o
}

func (c *checker) kafkaConnection(ctx context.Context) stepOutcome {
	var bad []string
	for _, b := range c.kafka.access.Brokers {
		d := net.Dialer{Timeout: dialTimeout}
		conn, err := d.DialContext(ctx, "tcp", b)
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s: %v", b, err))
			continue
		}
		_ = conn.Close()
		c.kafka.open = append(c.kafka.open, b)
	}
	if len(c.kafka.open) == 0 {
		return failed(errors.New(strings.Join(bad, "; ")), "check KAFKA_BROKERS, and that firewalls and security groups let this machine out to the brokers' ports")
	}
	return some("reached", len(c.kafka.access.Brokers), bad)
}

func (c *checker) kafkaTLS(ctx context.Context) stepOutcome {
	if c.cfg.kafka.tls == nil {
		return skipped("KAFKA_TLS=false")
	}
	for _, b := range c.kafka.open {
		d := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: c.cfg.kafka.tls.Clone()}
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		conn, err := d.DialContext(ctx, "tcp", b)
		cancel()
		if err != nil {
			return failed(fmt.Errorf("%s: %w", b, err), remedyTLS(err))
		}
		_ = conn.Close()
	}
	return fine("the certificate is trusted")
}

func remedyTLS(err error) string {
	if errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.UnknownAuthorityError)) || errors.As(err, new(x509.HostnameError)) {
		return "set KAFKA_TLS_CA_FILE to the certificate authority of the cluster, or correct KAFKA_BROKERS to the names in the certificate"
	}
	return "use the brokers' TLS port in KAFKA_BROKERS, or set KAFKA_TLS=false if the cluster has none"
}

// kafkaPart is a part of what the consumer's preflight goes through, in order.
type kafkaPart int

const (
	kafkaLogin kafkaPart = iota
	kafkaTopic
	kafkaGroup
)

// kafkaStep makes a step of a part of the preflight, which is done once.
func (c *checker) kafkaStep(part kafkaPart) func(context.Context) stepOutcome {
	return func(ctx context.Context) stepOutcome {
		topic, group := orDefault(c.cfg.kafka.topic, c.org+".runs"), orDefault(c.cfg.kafka.groupID, c.org+".port-iam")
		if !c.kafka.tried {
			c.kafka.tried, c.kafka.err = true, c.preflight(ctx, topic, group)
		}
		if err := c.kafka.err; err != nil && partOf(err) == part {
			return failed(err, remedyKafka(err))
		}
		switch part {
		case kafkaTopic:
			return fine("%s exists and may be read", topic)
		case kafkaGroup:
			return fine("%s may be used", group)
		}
		return fine("%s", c.cfg.kafka.mechanism)
	}
}

func (c *checker) preflight(ctx context.Context, topic, group string) error {
	a := c.cfg.grant.actions
	never := func(port.Record) consumer.Job { return nil } // nothing is read
	client, err := consumer.New(consumer.Options{
		Access: c.kafkaAccess, Mechanism: c.cfg.kafka.mechanism, TLS: c.cfg.kafka.tls, Topic: topic, Group: group,
		Actions: map[string]consumer.Handler{a.Grant: never, a.Revoke: never, a.Expire: never}, Concurrency: 1, Log: c.log,
	})
	if err != nil {
		return err
	}
	return client.Preflight(ctx)
}

// partOf says where the preflight stopped.
func partOf(err error) kafkaPart {
	var f *consumer.FatalError
	switch text := err.Error(); {
	case errors.As(err, &f) && f.Subject == consumer.SubjectTopic, f == nil && strings.HasPrefix(text, "look up the topic"):
		return kafkaTopic
	case f != nil && f.Subject == consumer.SubjectGroup, f == nil && strings.HasPrefix(text, "look up the group"):
		return kafkaGroup
	}
	return kafkaLogin
}

func remedyKafka(err error) string {
	var f *consumer.FatalError
	if !errors.As(err, &f) {
		return "try again later; if it stays, check the brokers, and KAFKA_USERNAME and KAFKA_PASSWORD: some brokers hang up instead of refusing"
	}
	if names := kafkaSettings[f.Subject]; names != "" {
		return f.Remedy + " (" + names + ")"
	}
	return f.Remedy
}
