package consumer

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/port"
)

// register enters records into the trackers of their partitions and returns the
// tasks of those that need work.
func (s *session) register(fetches kgo.Fetches) []*task {
	var tasks []*task
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		for _, r := range f.Records {
			p := ownerOf(r)
			if p == nil {
				continue
			}
			rec, handler, why := s.c.judge(r)
			if handler == nil {
				s.c.metrics.count(why)
				p.skip(r)
				continue
			}
			if t := s.task(p, p.open(r, rec.Size()), r, rec, handler); t != nil {
				tasks = append(tasks, t)
			}
		}
	})
	return tasks
}

// task makes the task of a registered record. Where the handler has no job the
// record is finished at once: a defect of ours must not hold the partition up.
func (s *session) task(p *partition, sp *span, r *kgo.Record, rec port.Record, h Handler) *task {
	log := s.c.log.With(keyRunID, rec.RunID, keyAction, rec.Action, keyPartition, r.Partition, keyOffset, r.Offset)
	done := func(what result) {
		p.finish(sp)
		s.c.metrics.count(what)
		log.Debug("record finished", "result", what)
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
	if r.Attrs.IsControl() || !c.filter.mayConcern(r.Value) {
		return port.Record{}, nil, skippedOtherAction
	}
	rec, verdict := c.opts.Decode(r.Value)
	rec.Time = r.Timestamp
	why := malformed
	switch verdict {
	case port.VerdictRun:
		h := c.opts.Actions[rec.Action]
		if h != nil && rec.RunID != "" {
			return rec, h, ""
		}
		if h == nil {
			why = skippedOtherAction
		}
	case port.VerdictWorkflow:
		why = skippedWorkflow
		c.hintWorkflow(r)
	case port.VerdictChangeLog:
		why = skippedChangeLog
	case port.VerdictOtherBackend:
		why = skippedOtherBackend
	}
	if c.log.Enabled(context.Background(), slog.LevelDebug) {
		c.log.Debug("record skipped", "result", why, keyPartition, r.Partition, keyOffset, r.Offset)
	}
	return rec, nil, why
}
