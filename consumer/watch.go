package consumer

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// watchInterval is the time between two looks at what is read. A partition that
// stands still in two of them, while the log goes on, is not read.
const watchInterval = 10 * time.Second

// starts is where the partitions begin; empty where Kafka does not say: a position
// outside of the log shows later too.
func (s *session) starts(ctx context.Context, cl *kgo.Client) kadm.ListedOffsets {
	ctx, cancel := context.WithTimeout(ctx, commitWait)
	defer cancel()
	starts, err := kadm.NewClient(cl).ListStartOffsets(ctx, s.c.opts.Topic)
	if err != nil {
		s.c.log.Debug("the beginning of the topic is not known", keyError, err)
	}
	return starts
}

// At so many looks in a row a partition may stand still before its session ends: two,
// and more after each session that did not help, up to five minutes.
const (
	leastPatience = 2
	maxPatience   = 32
)

// begin is called with the commits of the partitions that were added, before they
// are read, and notes where each begins. A commit before the log's beginning has one
// sensible successor, which is the beginning: what lay between is deleted, and the
// runs in it are found by their state in Port.
func (s *session) begin(_ context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	for id, offset := range offsets[s.c.opts.Topic] {
		p := s.partition(id)
		if p == nil {
			continue
		}
		committed := offset.EpochOffset().Offset
		if committed >= 0 && committed < p.start {
			s.c.metrics.belowStart.Inc()
			s.c.log.Warn("the commit lies before the log's beginning, reading goes on at the beginning",
				keyPartition, id, "committed", committed, "beginning", p.start)
			offsets[s.c.opts.Topic][id] = kgo.NewOffset().At(p.start)
		}
		p.tracker.begin(max(committed, p.start), committed < 0 || committed >= p.start)
	}
	return offsets, nil
}

// watch asks where the log begins and ends, which polls do not say of partitions
// that are paused. It measures the lag, and it ends the session where a partition is
// held and not read: only another client reads it again. Where Kafka does not answer,
// the last values stay; that the topic is gone or forbidden shows here even while
// nothing is assigned.
func (s *session) watch(ctx context.Context, cl *kgo.Client) {
	if !s.wants() {
		s.c.health.fetched() // nothing is fetched, on purpose
	}
	topic := s.c.opts.Topic
	ctx, cancel := context.WithTimeout(ctx, watchInterval)
	defer cancel()
	starts, ends, err := bounds(ctx, cl, topic)
	if err != nil {
		s.blind++
		if explained := s.c.explain(err); Final(explained) || s.blind > 1 {
			s.c.health.disturb(explained, s.c.log)
		}
	} else {
		s.blind = 0
	}
	behind := false
	held := s.held()
	if s.memberID() != "" {
		s.c.health.held(ids(held))
	}
	for _, p := range held {
		start, known := starts.Lookup(topic, p.id)
		end, ok := ends.Lookup(topic, p.id)
		if !known || !ok || start.Err != nil || end.Err != nil {
			p.blind()
			continue
		}
		s.c.metrics.setLag(p.id, end.Offset-max(p.tracker.position(), start.Offset))
		behind = s.judge(p, start.Offset, end.Offset) || behind
	}
	if !behind && err == nil {
		s.c.patience = leastPatience
	}
}

// judge ends the session where only another one reads the partition, and reports
// whether the partition is behind without a reason. A session that does not help is
// followed by longer ones, which a slow answer may need.
func (s *session) judge(p *partition, start, end int64) (behind bool) {
	if p.gone() {
		return false
	}
	next := p.tracker.next()
	if next >= 0 && next < start {
		s.end(fmt.Errorf("the log of partition %d now begins at %d, behind what was read next, %d", p.id, start, next))
		return true
	}
	still, broken := p.look(start, end)
	if broken != nil {
		s.c.health.disturb(broken, s.c.log.With(keyPartition, p.id))
	}
	switch still {
	case 0:
		s.c.health.reads(p.id, nil)
		return false
	case 1:
		return true
	}
	err := unreadError{fmt.Errorf("partition %d is held and not read: it stands at %d while the log goes on", p.id, max(next, start))}
	s.c.health.reads(p.id, err)
	if still >= s.c.patience {
		s.c.patience = min(2*s.c.patience, maxPatience)
		s.end(err)
	}
	return true
}

// unreadError is why a session ended whose other partitions were read.
type unreadError struct{ error }

func ids(parts []*partition) []int32 {
	all := make([]int32, len(parts))
	for i, p := range parts {
		all[i] = p.id
	}
	return all
}

// wants reports whether any partition is to be fetched.
func (s *session) wants() bool {
	for _, p := range s.held() {
		if p.wanted() {
			return true
		}
	}
	return false
}
