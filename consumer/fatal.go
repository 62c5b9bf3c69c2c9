package consumer

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
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
)

// FatalError is a problem that waiting does not solve. Its text is one line. At
// the start, and from Options.Access, it ends [Consumer.Run]. What a broker says
// later ends nothing, since an operator can correct it: it is only logged, and
// [Consumer.Ready] returns it.
type FatalError struct {
	Problem string // what is wrong
	Remedy  string // what to do about it
	Err     error  // the cause; may be nil
	// Subject is the part of the configuration that the remedy is about.
	Subject Subject

	// guess: an interrupted connection looks the same.
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
	var f *FatalError
	return errors.As(err, &f)
}

// explain turns what a broker or a connection said into words for an operator.
// An error that may pass is returned as it is.
func (c *Consumer) explain(err error) error {
	if err == nil || Final(err) {
		return err
	}
	is := func(codes ...*kerr.Error) bool {
		for _, code := range codes {
			if errors.Is(err, code) {
				return true
			}
		}
		return false
	}
	fatal := func(s Subject, problem, remedy string) *FatalError {
		return &FatalError{Subject: s, Problem: problem, Remedy: remedy, Err: err}
	}
	topic, group := fmt.Sprintf("topic %q", c.opts.Topic), fmt.Sprintf("group %q", c.opts.Group)
	switch {
	case is(kerr.SaslAuthenticationFailed):
		return fatal(SubjectCredentials, "Kafka refused the user name or the password", "check both, and that the user exists on this cluster")
	case is(kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState):
		return fatal(SubjectMechanism, "Kafka does not accept the SASL mechanism "+c.opts.Mechanism, "set one that the brokers offer")
	case is(kerr.TopicAuthorizationFailed):
		return fatal(SubjectTopic, "Kafka does not let this user read "+topic, "grant READ and DESCRIBE on the topic, or set another topic")
	case is(kerr.GroupAuthorizationFailed):
		return fatal(SubjectGroup, "Kafka does not let this user join "+group, "grant READ on the group, or set a group id that the user may use")
	case is(kerr.UnknownTopicOrPartition, kerr.InvalidTopicException):
		return fatal(SubjectTopic, "Kafka has no "+topic, "create it, or set the right topic")
	case is(kerr.InvalidGroupID):
		return fatal(SubjectGroup, "Kafka does not accept the name of "+group, "set another group id")
	}
	return explainConnection(err, c.opts.TLS != nil)
}

func explainConnection(err error, useTLS bool) error {
	var (
		cert   *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		eof    *kgo.ErrFirstReadEOF
	)
	switch {
	case errors.As(err, &cert) || errors.As(err, new(x509.UnknownAuthorityError)) || errors.As(err, new(x509.HostnameError)):
		return &FatalError{Subject: SubjectCA, Problem: "the certificate of the Kafka broker is not trusted", Remedy: "set the CA of the cluster, or the right broker address", Err: err}
	case errors.As(err, &record):
		return &FatalError{Subject: SubjectTLS, Problem: "the Kafka broker does not speak TLS", Remedy: "switch TLS off, or use the broker's TLS port", Err: err}
	case errors.As(err, &alert):
		return &FatalError{Subject: SubjectTLS, Problem: "the Kafka broker refused the TLS connection", Remedy: "check the TLS settings of both sides", Err: err}
	case !useTLS && strings.Contains(err.Error(), "tls alert record"):
		return &FatalError{Subject: SubjectTLS, Problem: "the Kafka broker expects TLS", Remedy: "switch TLS on, or use the broker's plaintext port", Err: err}
	case useTLS && errors.As(err, new(*handshakeError)) && errors.Is(err, io.EOF):
		return &FatalError{Subject: SubjectTLS, Problem: "the Kafka broker does not seem to speak TLS", Remedy: "switch TLS off, or use the broker's TLS port", Err: err, guess: true}
	case errors.As(err, &eof):
		return &FatalError{Subject: SubjectTLS, Problem: "the Kafka broker closes every new connection", Remedy: "check whether it expects TLS or SASL, and the user name and password", Err: err, guess: true}
	}
	return err
}
