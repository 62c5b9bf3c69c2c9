package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port"
)

// session is the life of one Kafka client. When the group no longer counts on
// this member under the id that it was given, the session ends: nothing more is
// committed, and a new client starts from what is committed. Going on with the
// same client would leave partitions that no member reads.
type session struct {
	c       *Consumer
	lanes   *lanes
	brokers []string // that the client started from

	over        chan struct{} // closed by end
	stopPolling context.CancelFunc
	endOnce     sync.Once
	why         error // it ended; set before over is closed

	commitMu      sync.Mutex // held over taking heads and sending them, and over removing partitions
	commitTrouble string     // guarded by commitMu

	mu     sync.Mutex
	member string // id of this member
	parts  map[int32]*partition
}

func newSession(c *Consumer, l *lanes) *session {
	return &session{c: c, lanes: l, over: make(chan struct{}), parts: map[int32]*partition{}}
}

// run consumes until ctx ends, and returns nil then, or until the session ends by
// itself, and returns why.
func (s *session) run(ctx context.Context) error {
	access, err := s.c.access.get(ctx)
	if err != nil {
		return err
	}
	s.brokers = access.Brokers
	pollCtx, stop := context.WithCancel(ctx)
	defer stop()
	s.stopPolling = stop
	clientCtx, cancelClient := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelClient()
	cl, err := openClient(append(s.options(s.brokers), kgo.WithContext(clientCtx)))
	if err != nil {
		return err
	}

	var loops sync.WaitGroup
	loops.Go(func() { s.commitLoop(pollCtx, cl) })
	loops.Go(func() { s.lagLoop(pollCtx, cl) })
	s.poll(pollCtx, cl)

	limit := s.c.opts.Drain + drainGrace + commitWait + leaveWait
	if s.isOver() {
		s.cancelAll()
		limit = leaveWait
	} else {
		s.c.health.fail(errStopping)
		s.lanes.stop()
	}
	timer := time.AfterFunc(limit, cancelClient)
	defer timer.Stop()
	loops.Wait()
	cl.CloseAllowingRebalance() // calls revoked for what is still held
	s.abandon(s.held())
	if s.isOver() {
		return s.why
	}
	return nil
}

// end ends the session. It does not wait and may be called from anywhere.
func (s *session) end(why error) {
	s.endOnce.Do(func() {
		s.why = why
		close(s.over)
		s.stopPolling()
	})
}

func (s *session) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// poll registers what the client fetched and submits its jobs.
func (s *session) poll(ctx context.Context, cl *kgo.Client) {
	defer cl.AllowRebalance()
	limit := min(maxPoll, s.c.opts.Window)
	for {
		fetches := cl.PollRecords(ctx, limit)
		if ctx.Err() != nil {
			return
		}
		fetches.EachError(s.fetchError)
		tasks := s.register(fetches)
		cl.AllowRebalance()
		s.lanes.submit(tasks)
	}
}

// fetchError handles what a poll reports in addition to records.
func (s *session) fetchError(_ string, partition int32, err error) {
	log := s.c.log.With(keyPartition, partition)
	switch {
	case errors.As(err, new(*kgo.ErrGroupSession)): // the hooks have it
	case errors.As(err, new(*kgo.ErrDataLoss)):
		log.Warn("the log lost its end, reading goes on from an earlier offset", keyError, err)
	case errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.UnknownTopicOrPartition):
		s.end(fmt.Errorf("topic %q was deleted or created again: %w", s.c.opts.Topic, err))
	case errors.As(err, new(*kgo.ErrDecompressTooLarge)):
		s.end(fmt.Errorf("partition %d holds a batch that is too large: %w", partition, err))
	default:
		if p := s.partition(partition); p != nil {
			p.stall()
		}
		s.c.health.disturb(s.cannotFetch(partition, err), log)
	}
}

func (s *session) cannotFetch(partition int32, err error) error {
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return fmt.Errorf("partition %d is not read, its offset lies outside of the log: stop every member of group %q and reset the offset to the earliest (%w)",
			partition, s.c.opts.Group, err)
	}
	return s.c.explain(err)
}

// access is how the session's client gets its credentials.
func (s *session) access(ctx context.Context) (port.KafkaAccess, error) {
	a, err := s.c.access.get(ctx)
	switch {
	case Final(err):
		s.end(err)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []*partition
	for _, id := range ids {
		if p := s.parts[id]; p != nil {
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
