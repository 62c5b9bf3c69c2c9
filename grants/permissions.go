package grants

import (
	"context"
	"maps"
	"slices"

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

// namedPermissions are those that the record names. The record is not believed:
// this only saves a round trip where it is right.
func (j *Job) namedPermissions() []string {
	ids, err := port.Run{Properties: j.rec.Properties}.EntityIDs(inputPermissions)
	if err != nil {
		return nil
	}
	return ids[:min(len(ids), aheadLimit)]
}

// readPermissions reads entities of the permissions' blueprint, by identifier; nil
// stands for one that does not exist.
func (s *Service) readPermissions(ctx context.Context, ids []string) (map[string]*port.Entity, error) {
	found := make([]*port.Entity, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for i, id := range ids {
		g.Go(func() (err error) {
			found[i], err = find(ctx, s.opts.Portal, templates.BlueprintPermission, id)
			return err
		})
	}
	err := g.Wait()
	byID := make(map[string]*port.Entity, len(ids))
	for i, id := range ids {
		byID[id] = found[i]
	}
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
