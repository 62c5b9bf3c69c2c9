package consumer

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/port"
)

// Options are what a [Consumer] needs. Access, Mechanism, Topic, Group, Actions
// and Concurrency are required.
type Options struct {
	// Access returns the brokers and the credentials. It is asked once at the
	// start, and again after a broker has refused what it returned before. An
	// error is retried, unless [Final] reports true for it.
	Access func(ctx context.Context) (port.KafkaAccess, error)
	// Mechanism is "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN" or "none".
	Mechanism string
	// TLS is used for every connection; nil means no TLS. An empty ServerName
	// is filled in from the address of the broker.
	TLS *tls.Config
	// Topic is read by the members of Group.
	Topic, Group string
	// Instance is the name of this member in the group that outlives a restart
	// (static membership): a process that joins under it gets the partitions back
	// without a wait for Session. It must be unique among the members. "" means
	// none.
	Instance string
	// Actions holds the handler of each action by its identifier. Records of
	// other actions are skipped.
	Actions map[string]Handler
	// Decode reads the value of a record; nil means [port.Decode].
	Decode func(value []byte) (port.Record, port.Verdict)
	// Concurrency is the number of jobs at the same time, at least 1: of urgent
	// ones, and as many of others.
	Concurrency int
	// Log may be nil: nothing is logged then.
	Log *slog.Logger
	// Registerer gets the metrics; nil: they are not registered anywhere.
	Registerer prometheus.Registerer
	// Dialer opens connections, without TLS; nil means a [net.Dialer].
	Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

	// Session is how long the group waits for a sign of life before it gives
	// the partitions of this member to others. 0 means 20 s. A heartbeat is
	// sent six times in it.
	Session time.Duration
	// Rebalance is how long the group waits for its members in a rebalance.
	// 0 means 60 s. It should exceed Drain by the 10 s of a commit and one
	// heartbeat.
	Rebalance time.Duration
	// Drain is how long started jobs may go on when their partition goes to
	// another member or the consumer stops. 0 means 25 s, which is more than
	// the 20 s that an attempt may take.
	Drain time.Duration
	// CommitInterval is the time between two commits. 0 means 1 s.
	CommitInterval time.Duration
	// Window is how far one partition is read ahead of its first unfinished
	// record, in entries: a record with a job is one entry, and so is any
	// number of records without one between two of those. 0 means 2000.
	Window int
}

const (
	attemptLimit = 20 * time.Second // of one call of Job.Attempt
	drainGrace   = 2 * time.Second  // for attempts to notice that they were cancelled
	commitWait   = 10 * time.Second // for the answer to a commit
	// commitPatience is for how long commits may fail: a rebalance delays them.
	commitPatience = time.Minute
	leaveWait      = 5 * time.Second        // for leaving the group
	dialWait       = 5 * time.Second        // for a connection, TLS included
	heartbeats     = 6                      // per session timeout
	maxPoll        = 500                    // records taken from the client at once
	fetchWait      = 500 * time.Millisecond // for records, before the broker answers that there are none
	pollWait       = 10 * time.Second       // for records, before the poll loop shows that it lives
	// newPartitions is how old the client's view of the topic may be: partitions
	// that are added are read after that time.
	newPartitions = 30 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Decode == nil {
		o.Decode = port.Decode
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Dialer == nil {
		o.Dialer = new(net.Dialer).DialContext
	}
	o.Session = cmp.Or(o.Session, 20*time.Second)
	o.Rebalance = cmp.Or(o.Rebalance, 60*time.Second)
	o.Drain = cmp.Or(o.Drain, 25*time.Second)
	o.CommitInterval = cmp.Or(o.CommitInterval, time.Second)
	o.Window = cmp.Or(o.Window, 2000)
	return o
}

// check reports every problem at once.
func (o Options) check() error {
	var problems []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	need(o.Access != nil, "Access is missing")
	need(slices.Contains(mechanisms(), o.Mechanism), "Mechanism %q is not one of %s", o.Mechanism, strings.Join(mechanisms(), ", "))
	need(o.Topic != "", "Topic is missing")
	need(o.Group != "", "Group is missing")
	need(o.Concurrency >= 1, "Concurrency is %d, want at least 1", o.Concurrency)
	need(len(o.Actions) > 0, "Actions are missing")
	for id, h := range o.Actions {
		need(h != nil, "action %q has no handler", id)
		need(searchable(id), "action %q: an identifier must not be empty or hold quotes, slashes or control characters", id)
	}
	need(o.Session >= 0 && o.Rebalance >= 0 && o.Drain >= 0 && o.CommitInterval >= 0 && o.Window >= 0,
		"Session, Rebalance, Drain, CommitInterval and Window must not be negative")
	if len(problems) > 0 {
		return fmt.Errorf("consumer options: %w", errors.Join(problems...))
	}
	return nil
}

// searchable reports whether JSON can write the identifier in no other way than
// as its own bytes or with a \u escape, which is what the filter relies on.
func searchable(id string) bool {
	return id != "" && utf8.ValidString(id) &&
		!strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || strings.ContainsRune(`"\/`, r) })
}
