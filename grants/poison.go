package grants

import (
	"context"
	"maps"
	"sync"
	"time"
)

const (
	// poisonAfter is how long Port may fail a single run, while it answers
	// everything else, before that run is given up as unreportable.
	poisonAfter = 30 * time.Minute
	// proofLasts is how long the end of another run shows that Port is there, and
	// the failure of another one that it may not be.
	proofLasts = 10 * time.Minute
)

// poisoned reports whether Port has failed this run for long while it was there
// for others all the time: it took the end of another run, or, where none ends,
// answered something else. If Port answers nothing at all, it is down and the run
// waits. answered is of [Job.probe].
func (j *Job) poisoned(err error, answered func() bool) bool {
	if c, _ := classify(err); err == nil || c != causePort {
		j.failing = time.Time{}
		j.svc.failing.remove(j.rec.RunID)
		return false
	}
	j.svc.failing.add(j.rec.RunID)
	now := time.Now()
	if j.failing.IsZero() || !j.svc.endedSince(now.Add(-proofLasts)) && !answered() {
		j.failing = now
	}
	return now.Sub(j.failing) >= poisonAfter
}

// probe asks Port for something else beside an attempt, if Port failed the run
// at the last one. The result waits for the answer and reports whether there is
// one. With several runs in trouble nothing is asked: then it is Port that fails,
// and not one or two runs.
//
// An answer to a read does not prove that Port takes reports. It is enough,
// because little is lost where it misleads: the run stays open, and the sweep
// settles it as soon as Port takes its end.
func (j *Job) probe(ctx context.Context) (answered func() bool) {
	if j.failing.IsZero() || j.svc.failing.many() {
		return func() bool { return false }
	}
	var err error
	var asking sync.WaitGroup
	asking.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, stepTime)
		defer cancel()
		_, err = j.svc.opts.Portal.Invocation(ctx, j.action)
	})
	return func() bool {
		asking.Wait()
		return err == nil || isAnswer(err)
	}
}

// failing remembers which runs Port fails at present. A run is forgotten when an
// attempt at it meets no trouble of Port, or when none was made for a while.
type failing struct {
	mu   sync.Mutex
	runs map[string]time.Time // the last failed attempt, by run
}

func (f *failing) add(run string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.runs == nil {
		f.runs = map[string]time.Time{}
	}
	f.runs[run] = time.Now()
}

func (f *failing) remove(run string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.runs, run)
}

// many reports whether so many runs fail that it is Port which fails, and not them.
func (f *failing) many() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.runs, func(_ string, last time.Time) bool { return time.Since(last) >= proofLasts })
	return len(f.runs) >= int(tooMuch)
}

// runSet is a bounded set of runs; beyond its bound it forgets all of them.
type runSet struct {
	mu   sync.Mutex
	runs map[string]struct{}
}

const runSetLimit = 10_000

// add reports whether the run is new.
func (s *runSet) add(run string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.runs[run]; known {
		return false
	}
	if s.runs == nil || len(s.runs) >= runSetLimit {
		s.runs = map[string]struct{}{}
	}
	s.runs[run] = struct{}{}
	return true
}
