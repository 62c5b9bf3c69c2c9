package consumer

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var errNewMember = errors.New("the group took this member for a new one")

// assigned is called in every generation of the group, also when nothing is
// added. A partition may have been kept without a word while this member was
// thrown out and joined again: its commits would be accepted although another
// member had the partition in between.
func (s *session) assigned(ctx context.Context, cl *kgo.Client, added map[string][]int32) {
	member, _ := cl.GroupMetadata()
	ids := added[s.c.opts.Topic]
	var starts kadm.ListedOffsets
	if len(ids) > 0 {
		starts = s.starts(ctx, cl)
	}
	s.mu.Lock()
	if len(s.parts) > 0 && member != s.member {
		s.mu.Unlock()
		s.end(errNewMember)
		return
	}
	s.member = member
	for _, id := range ids {
		topic := map[string][]int32{s.c.opts.Topic: {id}}
		start := int64(-1)
		if o, ok := starts.Lookup(s.c.opts.Topic, id); ok && o.Err == nil {
			start = o.Offset
		}
		s.parts[id] = newPartition(id, start, s.c.opts.Window,
			func() { cl.PauseFetchPartitions(topic) },
			func() { cl.ResumeFetchPartitions(topic) })
	}
	total := len(s.parts)
	for _, p := range s.parts {
		p.divide(total)
	}
	s.mu.Unlock()
	if total == 0 {
		s.c.health.fetched() // there is nothing to fetch
	}
	s.c.health.join()
	s.c.log.Info("partitions assigned", "added", ids, "total", total, "member", member)
}

// revoked gives partitions back: waiting jobs are dropped, started ones may
// finish, and what is finished is committed before another member starts.
func (s *session) revoked(ctx context.Context, cl *kgo.Client, gone map[string][]int32) {
	ids := gone[s.c.opts.Topic]
	parts := s.among(ids)
	if len(parts) == 0 {
		return
	}
	if member, _ := cl.GroupMetadata(); member != s.memberID() {
		s.end(errNewMember)
	}
	began := time.Now()
	for _, p := range parts {
		p.leave()
	}
	s.c.lanes.release(tenures(parts)...)
	if s.over.Err() != nil || !s.drain(parts) {
		s.abandon(parts)
		return
	}
	s.commit(context.WithoutCancel(ctx), cl, func() []*partition { return parts })
	s.remove(parts)
	s.c.log.Info("partitions given back", "partitions", ids, "after", time.Since(began))
}

// takenAway is called when another member may already hold the partitions:
// nothing is committed for them.
func (s *session) takenAway(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
	ids := gone[s.c.opts.Topic]
	parts := s.among(ids)
	if len(parts) == 0 {
		return
	}
	s.abandon(parts)
	s.c.metrics.sessionsEnded.Inc()
	s.c.log.Warn("partitions taken away", "partitions", ids)
}

// drain waits for the started jobs of released partitions, first for their end
// and then for their cancellation. It is false if the session ends meanwhile.
func (s *session) drain(parts []*partition) bool {
	cancel := time.AfterFunc(s.c.opts.Drain, func() { s.cut(parts) })
	defer cancel.Stop()
	limit := time.After(s.c.opts.Drain + drainGrace)
	for _, p := range parts {
		select {
		case <-p.tenure.idle:
		case <-s.over.Done():
			return false
		case <-limit:
			return true
		}
	}
	return true
}

// abandon ends partitions without a commit.
func (s *session) abandon(parts []*partition) {
	s.cut(parts)
	s.remove(parts)
}

// cut ends the work of partitions at once.
func (s *session) cut(parts []*partition) {
	s.c.lanes.release(tenures(parts)...)
	for _, p := range parts {
		p.tenure.cancel()
	}
}

// remove forgets partitions. No commit that holds their heads is under way or
// follows.
func (s *session) remove(parts []*partition) {
	s.committing <- struct{}{}
	defer func() { <-s.committing }()
	s.mu.Lock()
	for _, p := range parts {
		delete(s.parts, p.id)
		s.c.metrics.forgetLag(p.id)
	}
	for _, p := range s.parts {
		p.divide(len(s.parts))
	}
	s.mu.Unlock()
	for _, p := range parts {
		p.end()
	}
}

func tenures(parts []*partition) []*tenure {
	all := make([]*tenure, len(parts))
	for i, p := range parts {
		all[i] = p.tenure
	}
	return all
}
