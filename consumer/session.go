package consumer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port"
)

// session is the life of one Kafka client. When the group no longer counts on
// this member under the id that it was given, the session ends: nothing more is
// committed, and a new client starts from what is committed. Going on with the
// same client would leave partitions that no member reads.
type session struct {
	c       *Consumer
	brokers []string // that the client started from

	// over ends with the session, and its cause is why. end does not wait and may
	// be called from anywhere.
	over context.Context
	end  context.CancelCauseFunc

	// committing has one slot: for taking heads and sending them, and for removing
	// partitions. Unlike for a mutex, a faked clock goes on while it is waited for.
	committing    chan struct{}
	commitTrouble string    // belongs to the one who has the slot
	commitFailing time.Time // since when commits fail in a row, likewise; zero: they do not

	joining atomic.Bool // a request to join was sent

	blind int // looks of the watch in a row that Kafka did not answer

	mu     sync.Mutex
	member string // id of this member; "": it has not joined yet
	parts  map[int32]*partition
	away   map[int32]bool // brokers, by node id, whose last connection failed
}

func newSession(c *Consumer) *session {
	over, end := context.WithCancelCause(context.Background())
	return &session{
		c: c, over: over, end: end,
		committing: make(chan struct{}, 1), parts: map[int32]*partition{}, away: map[int32]bool{},
	}
}

// run consumes until ctx ends, and returns nil then, or until the session ends by
// itself, and returns why. It also returns the last id of this member.
func (s *session) run(ctx context.Context) (member string, err error) {
	access, err := s.c.access.get(ctx)
	if err != nil {
		return "", err
	}
	s.brokers = access.Brokers
	pollCtx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.over, stop)()
	clientCtx, cancelClient := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelClient()
	cl, err := openClient(append(s.options(s.brokers), kgo.WithContext(clientCtx)))
	if err != nil {
		s.c.access.refuse() // what it says cannot be used
		return "", err
	}

	var loops sync.WaitGroup
	loops.Go(func() {
		every(pollCtx, s.c.opts.CommitInterval, func() { s.commit(context.WithoutCancel(ctx), cl, s.held) })
	})
	loops.Go(func() { every(pollCtx, watchInterval, func() { s.watch(pollCtx, cl) }) })
	s.poll(pollCtx, cl)

	limit := s.c.opts.Drain + drainGrace + commitWait
	if s.c.opts.Instance == "" {
		limit += leaveWait // else it is left later
	}
	if s.over.Err() != nil {
		s.cut(s.held())
		limit = leaveWait
	} else {
		s.c.health.fail(errStopping)
		s.c.lanes.stop()
	}
	timer := time.AfterFunc(limit, cancelClient)
	defer timer.Stop()
	loops.Wait()
	cl.Close() // calls revoked for what is still held
	s.abandon(s.held())
	member, _ = cl.GroupMetadata()
	return member, context.Cause(s.over)
}

// every calls f at that interval until ctx ends.
func every(ctx context.Context, interval time.Duration, f func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f()
		}
	}
}

// access is how the session's client gets its credentials.
func (s *session) access(ctx context.Context) (port.KafkaAccess, error) {
	a, err := s.c.access.get(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		s.c.health.disturb(err, s.c.log)
	case err == nil && !slices.Equal(a.Brokers, s.brokers):
		s.end(errors.New("the addresses of the brokers have changed"))
	}
	return a, err
}

// held returns all partitions that are held.
func (s *session) held() []*partition {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.parts))
}

// among returns those of ids that are held.
func (s *session) among(ids []int32) []*partition {
	var parts []*partition
	for _, id := range ids {
		if p := s.partition(id); p != nil {
			parts = append(parts, p)
		}
	}
	return parts
}

func (s *session) partition(id int32) *partition {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parts[id]
}

func (s *session) memberID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.member
}
