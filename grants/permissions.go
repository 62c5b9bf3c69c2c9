package grants

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/port"
	"port-iam/templates"
)

const (
	// aheadLimit is how many permissions are read before the run confirms them.
	aheadLimit = 50
	// aheadTime is how long they may keep the attempt: they are the record's, and
	// must not use up the time of its run.
	aheadTime = 3 * time.Second
	// parallelReads bounds the permissions that are read at once for one run.
	parallelReads = 10
)

// readAhead reads the permissions that the record names, as far as that goes:
// what Port does not give in time is read again when the run names it. The record
// is not believed: this only saves a round trip where it is right.
func (j *Job) readAhead(ctx context.Context) map[string]*port.Entity {
	ctx, cancel := context.WithTimeout(ctx, aheadTime)
	defer cancel()
	named := j.rec.Permissions
	read, _ := j.svc.readEntities(ctx, templates.BlueprintPermission, named[:min(len(named), aheadLimit)], nil)
	return read
}

// readEntities reads entities of a blueprint by identifier, save those that are known
// already; nil stands for one that does not exist. With an error it returns what it
// has.
func (s *Service) readEntities(ctx context.Context, blueprint string, ids []string, known map[string]*port.Entity) (map[string]*port.Entity, error) {
	var mu sync.Mutex
	byID := make(map[string]*port.Entity, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for _, id := range ids {
		if e, read := known[id]; read {
			mu.Lock()
			byID[id] = e
			mu.Unlock()
			continue
		}
		g.Go(func() error {
			e, err := find(ctx, s.opts.Portal, blueprint, id)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				byID[id] = e
			}
			return err
		})
	}
	err := g.Wait()
	return byID, err
}

// readOffered reads the permissions of a request, save those that are known already,
// and the entities of the single actions that they stand for: these count too, see
// [offerOf]. Without a bundle, and with all permissions known, it asks nothing.
func (s *Service) readOffered(ctx context.Context, spell Speller, ids []string, known map[string]*port.Entity) (map[string]*port.Entity, error) {
	asked, err := s.readEntities(ctx, templates.BlueprintPermission, ids, known)
	if err != nil {
		return nil, err
	}
	counted := countIn(spell, ids, asked)
	if err := fewEnough(counted); err != nil {
		return nil, err
	}
	return s.readEntities(ctx, templates.BlueprintPermission, counted, asked)
}
