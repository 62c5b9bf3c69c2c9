package consumer

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Subject is a part of the configuration of Kafka.
type Subject string

// The subjects of fatal errors.
const (
	SubjectCredentials Subject = "credentials"
	SubjectMechanism   Subject = "mechanism"
	SubjectTopic       Subject = "topic"
	SubjectGroup       Subject = "group"
	SubjectTLS         Subject = "tls"
	SubjectCA          Subject = "ca"
	SubjectInstance    Subject = "instance"
)

// FatalError is a problem that waiting does not solve. Its text is one line. At
// the start it ends [Consumer.Run]. What shows later ends nothing, since an operator can correct it: it is only logged, and
// [Consumer.Ready] returns it.
type FatalError struct {
	Problem string // what is wrong
	Remedy  string // what to do about it
	Err     error  // the cause; may be nil
	// Subject is the part of the configuration that the remedy is about.
	Subject Subject

	// guess: a connection that was interrupted, or brokers that are away behind a
	// load balancer, look the same.
	guess bool
}

// Error says what is wrong, what to do, and the cause.
func (e *FatalError) Error() string {
	s := e.Problem + ": " + e.Remedy
	if e.Err != nil {
		s += " (" + strings.Join(strings.Fields(e.Err.Error()), " ") + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *FatalError) Unwrap() error { return e.Err }

// Final reports whether err is, or wraps, a [FatalError]. An implementation
// of [Options].Access returns one where asking again is of no use.
func Final(err error) bool {
	_, ok := errors.AsType[*FatalError](err)
	return ok
}

// explain turns what a broker or a connection said into words for an operator.
// An error that may pass is returned as it is.
func (c *Consumer) explain(err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*FatalError](err); ok {
		return f
	}
	fatal := func(s Subject, problem, remedy string) *FatalError {
		return &FatalError{Subject: s, Problem: problem, Remedy: remedy, Err: err}
	}
	topic, group := fmt.Sprintf("topic %q", c.opts.Topic), fmt.Sprintf("group %q", c.opts.Group)
	refusal, _ := errors.AsType[*kerr.Error](err)
	switch refusal {
	case kerr.SaslAuthenticationFailed:
		return fatal(SubjectCredentials, "Kafka refused the user name or the password", "check both, and that the user exists on this cluster")
	case kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState:
		return fatal(SubjectMechanism, "Kafka does not accept the SASL mechanism "+c.opts.Mechanism, "set one that the brokers offer")
	case kerr.TopicAuthorizationFailed:
		return fatal(SubjectTopic, "Kafka does not let this user read "+topic, "grant READ and DESCRIBE on the topic, or set another topic")
	case kerr.GroupAuthorizationFailed:
		return fatal(SubjectGroup, "Kafka does not let this user join "+group, "grant READ on the group, or set a group id that the user may use")
	case kerr.UnknownTopicOrPartition, kerr.InvalidTopicException:
		return fatal(SubjectTopic, "Kafka has no "+topic, "create it, or set the right topic")
	case kerr.InconsistentGroupProtocol:
		return fatal(SubjectGroup, "another program is in "+group, "set a group id that no other program uses, or stop that program")
	case kerr.FencedInstanceID:
		return fatal(SubjectInstance, fmt.Sprintf("another instance of the name %q is in %s", c.opts.Instance, group), "give each instance a name of its own; this one waits until the name is free")
	case kerr.InvalidGroupID:
		return fatal(SubjectGroup, "Kafka does not accept the name of "+group, "set another group id")
	}
	switch {
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return fatal(SubjectCA, "the certificate of the Kafka broker is not trusted", "set the CA of the cluster, or the right broker address")
	case errors.As(err, new(tls.RecordHeaderError)):
		return fatal(SubjectTLS, "the Kafka broker does not speak TLS", "switch TLS off, or use the broker's TLS port")
	case tlsAlert(err):
		return fatal(SubjectTLS, "the Kafka broker refused the TLS connection", "check the TLS settings of both sides")
	case c.opts.TLS == nil && strings.Contains(err.Error(), "tls alert record"):
		return fatal(SubjectTLS, "the Kafka broker expects TLS", "switch TLS on, or use the broker's plaintext port")
	case errors.As(err, new(*kgo.ErrFirstReadEOF)):
		guess := fatal(SubjectTLS, "the Kafka broker closes every new connection", "check whether it expects TLS or SASL, and the user name and password")
		guess.guess = true
		return guess
	}
	return err
}

// tlsAlert reports whether the broker ended the TLS connection with a reason. The one
// that says nothing about the settings is left out.
func tlsAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error" && !strings.Contains(op.Err.Error(), "internal error")
}
