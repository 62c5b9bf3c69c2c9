package consumer

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// poll registers what the client fetched and submits its jobs.
func (s *session) poll(ctx context.Context, cl *kgo.Client) {
	limit := min(maxPoll, s.c.opts.Window)
	for ctx.Err() == nil {
		s.c.pulse.Beat(pulseLimit)
		short, cancel := context.WithTimeout(ctx, pollWait)
		fetches := cl.PollRecords(short, limit)
		cancel()
		fetches.EachError(s.fetchError)
		s.c.lanes.submit(s.register(fetches))
	}
}

// ownerKey is the key under which the context of a record holds the [partition]
// that it was fetched for.
type ownerKey struct{}

// OnFetchRecordBuffered notes for which partition a record was fetched, while the
// client can still tell: records that were polled when another member got the
// partition, and that are registered after it came back, must not count for the
// new time, whose commits would then move past records that were never seen.
func (s *session) OnFetchRecordBuffered(r *kgo.Record) {
	if p := s.partition(r.Partition); p != nil {
		r.Context = p.owner
	}
}

// ownerOf is the partition that a record was fetched for; nil where it was fetched
// for none that this member holds.
func ownerOf(r *kgo.Record) *partition {
	if r.Context == nil {
		return nil
	}
	p, _ := r.Context.Value(ownerKey{}).(*partition)
	return p
}

// fetchError handles what a poll reports in addition to records. Errors that may pass,
// as where a partition moves to another broker, count after some time only.
func (s *session) fetchError(_ string, id int32, err error) {
	log := s.c.log.With(keyPartition, id)
	p := s.partition(id)
	switch {
	case errors.As(err, new(*kgo.ErrGroupSession)): // the hooks have it
	case p == nil: // no longer, or nothing was fetched in time
	case p.tracker.next() < 0:
		// The client does not know where to begin, and does not ask again.
		s.end(fmt.Errorf("the position in partition %d could not be read: %w", id, s.c.explain(err)))
	case errors.As(err, new(*kgo.ErrDataLoss)):
		log.Warn("the log lost its end, reading goes on from an earlier offset", keyError, err)
	default:
		lasting, why := s.fetchTrouble(p, err)
		mayPass := kerr.IsRetriable(err)
		failing := p.stall(mayPass, lasting, why)
		switch gone := errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.UnknownTopicOrPartition); {
		case mayPass && failing < passTime:
			log.Debug("a fetch failed", keyError, err)
		case gone:
			s.end(fmt.Errorf("topic %q was deleted or created again: %w", s.c.opts.Topic, err))
		default:
			s.c.health.disturb(why, log)
		}
	}
}

// fetchTrouble says whether a partition cannot be read until an operator acts, and why
// it cannot be read. A way out that passes over records is named only where it is sure
// that they cannot be read.
func (s *session) fetchTrouble(p *partition, err error) (lasting bool, why error) {
	const reset = "stop every member of group %q and reset the offset"
	refusal, _ := errors.AsType[*kerr.Error](err)
	tooLarge, _ := errors.AsType[*kgo.ErrDecompressTooLarge](err)
	switch {
	case refusal == kerr.OffsetOutOfRange:
		return false, fmt.Errorf("partition %d is not read, its offset lies outside of the log: "+reset+" to the earliest (%w)",
			p.id, s.c.opts.Group, err)
	case tooLarge != nil: // the client does not fetch it again
		return true, fmt.Errorf("partition %d is not read, it holds a batch that is too large: "+reset+" to %d, behind it (%w)",
			p.id, s.c.opts.Group, tooLarge.NextOffset, err)
	}
	return false, fmt.Errorf("partition %d cannot be read at offset %d: %w", p.id, p.tracker.next(), s.c.explain(err))
}
