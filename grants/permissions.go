package grants

import (
	"context"
	"maps"
	"slices"
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
	read, _ := j.svc.readPermissions(ctx, named[:min(len(named), aheadLimit)])
	return read
}

// readPermissions reads entities of the permissions' blueprint, by identifier; nil
// stands for one that does not exist. With an error it returns what it has read.
func (s *Service) readPermissions(ctx context.Context, ids []string) (map[string]*port.Entity, error) {
	var mu sync.Mutex
	byID := make(map[string]*port.Entity, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for _, id := range ids {
		g.Go(func() error {
			e, err := find(ctx, s.opts.Portal, templates.BlueprintPermission, id)
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

// checkPermissions refuses what the catalogue in Port does not offer for the
// resource. The form filters by type as well, but only for who uses the form.
func (j *Job) checkPermissions(ctx context.Context, v grantView, req request) error {
	ahead := func(id string) bool { _, read := v.permissions[id]; return read }
	rest, err := j.svc.readPermissions(ctx, slices.DeleteFunc(slices.Clone(req.Actions), ahead))
	if err != nil {
		return err
	}
	maps.Copy(v.permissions, rest)
	kind := textOf(v.resource, templates.PropertyResourceType)
	for _, id := range req.Actions {
		e := v.permissions[id]
		if e == nil {
			return refuse("a permission is not in the catalogue", "permission %s is not in the catalogue (blueprint %q): choose another one, or ask the platform team to add it", id, templates.BlueprintPermission)
		}
		if got := textOf(e, templates.PropertyResourceType); got != kind {
			return refuse("a permission is for another type of resource", "permission %s is for resources of %s %q, and %s is of %q: choose one for this type", id, templates.PropertyResourceType, got, req.Resource, kind)
		}
	}
	return nil
}
