package grants

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
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

// checkPermissions refuses what the catalogue in Port does not offer: a permission is
// for resources of the type of the requested one, or of a related one that it acts
// on. The form filters by type as well, but only for who uses the form.
func checkPermissions(offered map[string]*port.Entity, actions []string, r resource, related []resource, scope iamops.Scope) error {
	for _, id := range actions {
		e := offered[id]
		if e == nil {
			return refuse("a permission is not in the catalogue", "permission %s is not in the catalogue (blueprint %q): choose another one, or ask the platform team to add it", id, templates.BlueprintPermission)
		}
		got, err := catalogueText(e, templates.PropertyResourceType)
		if err != nil {
			return err
		}
		if got != r.kind && !offeredBy(related, got, id, scope) {
			return refuse("a permission is for another type of resource", "permission %s is for resources of %s %q, and %s is of %q: choose one for this type", id, templates.PropertyResourceType, got, r.arn, r.kind)
		}
	}
	return nil
}

// offeredBy reports whether a permission for resources of this type acts on one of those
// that belong to the requested one.
func offeredBy(related []resource, kind, id string, scope iamops.Scope) bool {
	return slices.ContainsFunc(related, func(r resource) bool {
		return r.kind == kind && slices.ContainsFunc(scope.On(r.arn), func(a string) bool { return strings.EqualFold(a, id) })
	})
}
