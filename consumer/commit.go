package consumer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commit sends the heads of partitions that are not committed yet. What fails in
// passing stays uncommitted and is sent next time.
func (s *session) commit(ctx context.Context, cl *kgo.Client, which func() []*partition) {
	s.committing <- struct{}{}
	defer func() { <-s.committing }()
	parts := which()
	heads := map[int32]kgo.EpochOffset{}
	for _, p := range parts {
		if head, ok := p.tracker.uncommitted(); ok {
			heads[p.id] = head
		}
	}
	if len(heads) == 0 || s.over.Err() != nil {
		return
	}
	results, err := s.send(ctx, cl, heads)
	failed := []error{err}
	for _, p := range parts {
		head, sent := heads[p.id]
		switch result := results[p.id]; {
		case !sent || err != nil:
		case result != nil:
			failed = append(failed, fmt.Errorf("partition %d: %w", p.id, result))
		default:
			p.tracker.committed(head)
		}
	}
	s.commitResult(errors.Join(failed...))
}

var errNoAnswer = errors.New("the answer does not name the partition")

// send makes one OffsetCommit request and returns what the answer says of each
// partition. Brokers check the member and not who holds a partition, so the
// request must not go out under another member id than the heads belong to.
func (s *session) send(ctx context.Context, cl *kgo.Client, heads map[int32]kgo.EpochOffset) (map[int32]error, error) {
	member := s.memberID()
	ctx, cancel := context.WithTimeout(ctx, commitWait)
	defer cancel()
	ctx = kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		if req.MemberID != member {
			return errNewMember
		}
		return nil
	})
	results := map[int32]error{}
	for id := range heads {
		results[id] = errNoAnswer
	}
	var failed error
	cl.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{s.c.opts.Topic: heads},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
			if err != nil {
				failed = err
				return
			}
			for _, t := range resp.Topics {
				for _, p := range t.Partitions {
					results[p.Partition] = kerr.ErrorForCode(p.ErrorCode)
				}
			}
		})
	return results, failed
}

// commitResult decides what a commit's outcome means for the session.
func (s *session) commitResult(err error) {
	if err == nil {
		s.commitTrouble, s.commitFailing = "", time.Time{}
		return
	}
	s.c.metrics.commitErrors.Inc()
	if s.commitFailing.IsZero() {
		s.commitFailing = time.Now()
	}
	if time.Since(s.commitFailing) > commitPatience {
		s.c.health.disturb(fmt.Errorf("nothing can be committed: %w", s.c.explain(err)), s.c.log)
	}
	switch {
	case errors.Is(err, errNewMember), errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.IllegalGeneration),
		errors.Is(err, kerr.FencedInstanceID), errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.UnknownTopicOrPartition):
		s.end(fmt.Errorf("commit refused: %w", s.c.explain(err)))
	case errors.Is(err, kerr.RebalanceInProgress):
		s.c.log.Debug("commit postponed by a rebalance")
	case errors.Is(err, kerr.GroupAuthorizationFailed), errors.Is(err, kerr.TopicAuthorizationFailed):
		s.c.health.disturb(s.c.explain(err), s.c.log)
	case err.Error() != s.commitTrouble:
		s.commitTrouble = err.Error()
		s.c.log.Warn("commit failed, it is tried again", keyError, err)
	}
}
