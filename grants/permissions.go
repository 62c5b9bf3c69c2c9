package grants

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"port-iam/port"
	"port-iam/templates"
)

const (
	// aheadLimit is how many permissions are read before the run confirms them.
	aheadLimit = 50
	// parallelReads bounds the permissions that are read at once for one run.
	parallelReads = 10
)

// permissions are entities of the permissions' blueprint, by identifier; nil
// stands for one that does not exist.
type permissions struct {
	portal Portal

	mu   sync.Mutex
	seen map[string]*port.Entity
}

// namedPermissions are those that the record names. The record is not believed:
// this only saves a round trip where it is right.
func (j *Job) namedPermissions() []string {
	ids, err := port.Run{Properties: j.rec.Properties}.EntityIDs(inputPermissions)
	if err != nil {
		return nil
	}
	return ids[:min(len(ids), aheadLimit)]
}

// read reads those that have not been read yet.
func (p *permissions) read(ctx context.Context, ids []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for _, id := range ids {
		if _, known := p.get(id); known {
			continue
		}
		g.Go(func() error {
			e, err := find(ctx, p.portal, templates.BlueprintPermission, id)
			if err != nil {
				return err
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.seen == nil {
				p.seen = map[string]*port.Entity{}
			}
			p.seen[id] = e
			return nil
		})
	}
	return g.Wait()
}

func (p *permissions) get(id string) (e *port.Entity, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, known = p.seen[id]
	return e, known
}

// checkPermissions refuses what the catalogue in Port does not offer for the
// resource. The form filters by type as well, but only for who uses the form.
func (j *Job) checkPermissions(ctx context.Context, v grantView, req request) error {
	if err := v.permissions.read(ctx, req.actions); err != nil {
		return err
	}
	kind := textOf(v.resource, templates.PropertyResourceType)
	for _, id := range req.actions {
		e, _ := v.permissions.get(id)
		if e == nil {
			return refuse("a permission is not in the catalogue", "permission %s is not in the catalogue (blueprint %q): choose another one, or ask the platform team to add it", id, templates.BlueprintPermission)
		}
		if got := textOf(e, templates.PropertyResourceType); got != kind {
			return refuse("a permission is for another type of resource", "permission %s is for resources of %s %q, and %s is of %q: choose one for this type", id, templates.PropertyResourceType, got, req.resource, kind)
		}
	}
	return nil
}
