package consumer

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const lagInterval = 15 * time.Second

// measureLag asks for the ends of the log: what polls report knows nothing of
// partitions that are paused. On an error the last values stay; that the topic is
// gone or forbidden shows here even while nothing is assigned.
func (s *session) measureLag(ctx context.Context, cl *kgo.Client) {
	topic := s.c.opts.Topic
	ctx, cancel := context.WithTimeout(ctx, lagInterval)
	defer cancel()
	starts, ends, err := bounds(ctx, cl, topic)
	if err != nil {
		s.c.log.Debug("lag not measured", keyError, err)
		if explained := s.c.explain(err); Final(explained) {
			s.c.health.disturb(explained, s.c.log)
		}
		return
	}
	committed := cl.CommittedOffsets()[topic]
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, p := range s.parts {
		end, ok := ends.Lookup(topic, id)
		if !ok {
			continue
		}
		from := p.tracker.position()
		if from < 0 {
			if c, ok := committed[id]; ok {
				from = c.Offset
			}
		}
		if start, ok := starts.Lookup(topic, id); ok {
			from = max(from, start.Offset)
		}
		s.c.metrics.setLag(id, end.Offset-max(0, from))
	}
}
