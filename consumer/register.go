package consumer

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port"
)

// register enters records into the trackers of their partitions and returns the
// tasks of those that need work. Everything that is done for a record
// that needs no work happens once for a whole row of them.
func (s *session) register(fetches kgo.Fetches) []*task {
	var tasks []*task
	var counts tally
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		p := s.partition(f.Partition)
		if p == nil || len(f.Records) == 0 {
			return
		}
		var first, last *kgo.Record // the row of records without a job
		flush := func() {
			if first != nil {
				p.skip(first.Offset, last.Offset, last.LeaderEpoch)
				first = nil
			}
		}
		for _, r := range f.Records {
			rec, handler, why := s.c.judge(r)
			if handler == nil {
				counts[why]++
				if first == nil {
					first = r
				}
				last = r
				continue
			}
			flush()
			if t := s.task(p, p.open(r), r, rec, handler); t != nil {
				tasks = append(tasks, t)
			}
		}
		flush()
	})
	s.c.metrics.count(counts)
	return tasks
}

// task makes the task of a registered record. Where the handler has no job the
// record is finished at once: a defect of ours must not hold the partition up.
func (s *session) task(p *partition, sp *span, r *kgo.Record, rec port.Record, h Handler) *task {
	log := s.c.log.With(keyRunID, rec.RunID, keyAction, rec.Action, keyPartition, r.Partition, keyOffset, r.Offset)
	done := func(what result) {
		p.finish(sp)
		s.c.metrics.records[what].Inc()
		log.Debug("record finished", "result", what.String())
	}
	t := newTask(h, rec, log)
	if t == nil {
		done(handled)
		return nil
	}
	t.tenure, t.done = p.tenure, done
	return t
}

// judge returns the handler of a record, or why the record needs none.
func (c *Consumer) judge(r *kgo.Record) (port.Record, Handler, result) {
	if !c.filter.mayConcern(r.Value) {
		return port.Record{}, nil, skippedOtherAction
	}
	rec, verdict := c.opts.Decode(r.Value)
	rec.Time = r.Timestamp
	why := skippedOtherAction
	switch verdict {
	case port.VerdictRun:
		h := c.opts.Actions[rec.Action]
		if h != nil && rec.RunID != "" {
			return rec, h, handled
		}
		if h != nil {
			why = malformed
		}
	case port.VerdictWorkflow:
		why = skippedWorkflow
	case port.VerdictChangeLog:
		why = skippedChangeLog
	case port.VerdictOtherBackend:
		why = skippedOtherBackend
	default:
		why = malformed
	}
	if c.log.Enabled(context.Background(), slog.LevelDebug) {
		c.log.Debug("record skipped", "result", why.String(), keyPartition, r.Partition, keyOffset, r.Offset)
	}
	return rec, nil, why
}
