package consumer

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A session is told what its client goes through.
var (
	_ kgo.HookBrokerConnect       = (*session)(nil)
	_ kgo.HookBrokerE2E           = (*session)(nil)
	_ kgo.HookBrokerWrite         = (*session)(nil)
	_ kgo.HookGroupManageError    = (*session)(nil)
	_ kgo.HookFetchRecordBuffered = (*session)(nil)
)

// OnBrokerConnect notices refused credentials, what else a broker has against a
// connection, and brokers that cannot be reached. These are logged once in a row.
func (s *session) OnBrokerConnect(broker kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if errors.Is(err, kerr.SaslAuthenticationFailed) {
		s.c.access.refuse()
	}
	explained := s.c.explain(err)
	if Final(explained) {
		s.c.health.disturb(explained, s.c.log)
	}
	s.mu.Lock()
	known := s.away[broker.NodeID]
	s.away[broker.NodeID] = err != nil
	s.mu.Unlock()
	if err != nil && !known && !Final(explained) && s.over.Err() == nil {
		s.c.log.Warn("a Kafka broker cannot be reached, it is tried again", "broker", net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port))), keyError, err)
	}
}

// OnBrokerWrite notices what is waited for.
func (s *session) OnBrokerWrite(broker kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	switch kmsg.Key(key) {
	case kmsg.Fetch:
		s.c.health.fetching(broker.NodeID)
	case kmsg.JoinGroup:
		if err == nil {
			s.joining.Store(true)
		}
	}
}

// OnBrokerE2E notices signs of life of the group.
func (s *session) OnBrokerE2E(broker kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	switch kmsg.Key(key) {
	case kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup:
		if e2e.Err() == nil {
			s.c.health.alive()
		}
	case kmsg.Fetch:
		if e2e.Err() == nil {
			s.c.health.answered(broker.NodeID)
		}
	}
}

// OnGroupManageError is called when the client has to join the group again.
func (s *session) OnGroupManageError(err error) {
	if errors.Is(err, kerr.FencedInstanceID) {
		s.end(s.c.explain(err))
	}
	s.c.health.leave(fmt.Errorf("not a member of the consumer group: %w", s.c.explain(err)), s.c.log)
}
