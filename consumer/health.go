package consumer

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// beatLimit is the age of the last answer from the group's coordinator beyond
// which the membership is in doubt.
const beatLimit = 20 * time.Second

// troubleLimit is how long an error that the client reports again and again
// counts after it was last seen.
const troubleLimit = 20 * time.Second

var (
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
	errStopped  = errors.New("stopped")
)

// health is what is known about the membership in the group.
type health struct {
	limit time.Duration // of the age of beat

	mu        sync.Mutex
	why       error     // not a member; nil: a member
	beat      time.Time // last answer of the coordinator
	trouble   error     // something that a member cannot do
	troubleAt time.Time
}

// join says that this member takes part in the group.
func (h *health) join() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.why, h.beat = nil, time.Now()
}

// fail says why this is not a member.
func (h *health) fail(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.why, h.trouble = why, nil
}

func (h *health) alive() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beat = time.Now()
}

// disturb notes an error that is likely to come back until an operator acts. It is
// logged once in a row.
func (h *health) disturb(err error, log *slog.Logger) {
	h.mu.Lock()
	news := h.current() == nil || h.trouble.Error() != err.Error()
	h.trouble, h.troubleAt = err, time.Now()
	h.mu.Unlock()
	if news {
		log.Error("Kafka refuses this member", keyError, err)
	}
}

func (h *health) current() error {
	if time.Since(h.troubleAt) > troubleLimit {
		return nil
	}
	return h.trouble
}

// member is nil while this is a live member of the group.
func (h *health) member() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why != nil {
		return h.why
	}
	if age := time.Since(h.beat); age > h.limit {
		return fmt.Errorf("no answer from the consumer group for %v", age.Round(time.Second))
	}
	return nil
}

// ready is nil while records can be read and committed.
func (h *health) ready() error {
	if err := h.member(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current()
}

// A session is told what its client goes through.
var (
	_ kgo.HookBrokerConnect    = (*session)(nil)
	_ kgo.HookBrokerE2E        = (*session)(nil)
	_ kgo.HookGroupManageError = (*session)(nil)
)

// OnBrokerConnect notices refused credentials.
func (s *session) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if errors.Is(err, kerr.SaslAuthenticationFailed) {
		s.c.access.refuse()
		s.c.health.disturb(s.c.explain(err), s.c.log)
	}
}

// OnBrokerE2E notices signs of life of the group.
func (s *session) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	switch kmsg.Key(key) {
	case kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup:
		if e2e.Err() == nil {
			s.c.health.alive()
		}
	}
}

// OnGroupManageError is called when the client has to join the group again.
func (s *session) OnGroupManageError(err error) {
	s.c.health.fail(fmt.Errorf("not a member of the consumer group: %w", s.c.explain(err)))
}
