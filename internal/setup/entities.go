package setup

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/port"
)

const (
	// parallel bounds the calls about entities under way at once.
	parallel = 8
	// listed is how many new entities of a blueprint are shown one by one.
	listed = 10
)

// missingEntities are those that do not exist. Of a new blueprint, none do.
func missingEntities(ctx context.Context, portal *port.Client, want []Entity) ([]Entity, error) {
	missing := make([]bool, len(want))
	exists := map[string]bool{}
	for _, e := range want {
		if _, known := exists[e.Blueprint]; known {
			continue
		}
		_, err := portal.Blueprint(ctx, e.Blueprint)
		if err != nil && !port.IsKind(err, port.KindNotFound) {
			return nil, err
		}
		exists[e.Blueprint] = err == nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, e := range want {
		if missing[i] = !exists[e.Blueprint]; missing[i] {
			continue
		}
		g.Go(func() error {
			_, err := portal.Entity(ctx, e.Blueprint, e.Identifier)
			if port.IsKind(err, port.KindNotFound) {
				missing[i], err = true, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []Entity
	for i, e := range want {
		if missing[i] {
			out = append(out, e)
		}
	}
	return out, nil
}

// writeEntities shows few entities one by one and many as their number.
func writeEntities(b *strings.Builder, entities []Entity) {
	of := map[string][]string{}
	var blueprints []string
	for _, e := range entities {
		if of[e.Blueprint] == nil {
			blueprints = append(blueprints, e.Blueprint)
		}
		of[e.Blueprint] = append(of[e.Blueprint], e.Identifier)
	}
	for _, name := range blueprints {
		ids := of[name]
		if len(ids) > listed {
			slices.Sort(ids)
			fmt.Fprintf(b, "+ %d entities of %s, from %s to %s\n", len(ids), name, ids[0], ids[len(ids)-1])
			continue
		}
		for _, id := range ids {
			fmt.Fprintf(b, "+ entity %s of %s\n", id, name)
		}
	}
}

// createEntities makes entities, a line each, or once a second where they are
// many.
func createEntities(ctx context.Context, portal *port.Client, entities []Entity, progress io.Writer) error {
	var mu sync.Mutex
	done, last := 0, time.Now()
	report := func(e Entity) {
		mu.Lock()
		defer mu.Unlock()
		done++
		switch {
		case len(entities) <= listed:
			_, _ = fmt.Fprintf(progress, "created entity %s of %s\n", e.Identifier, e.Blueprint)
		case done == len(entities) || time.Since(last) >= time.Second:
			last = time.Now()
			_, _ = fmt.Fprintf(progress, "created %d of %d entities\n", done, len(entities))
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, e := range entities {
		g.Go(func() error {
			err := portal.CreateEntity(ctx, e.Blueprint, e.Entity, "")
			if port.IsTaken(err) {
				err = nil // it exists by now: another program made it, or an earlier try of ours
			}
			if err == nil {
				report(e)
			}
			return err
		})
	}
	return g.Wait()
}
