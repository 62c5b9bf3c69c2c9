package grants

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// Operator is the view of a person who looks after the account: what is granted,
// and away with it. No run asks for it, so nothing here needs Kafka.
type Operator struct {
	svc   *Service
	grace time.Duration
}

// NewOperator makes an operator's view. It shares the locks of the service; grace
// is that of [SweepOptions].
func (s *Service) NewOperator(grace time.Duration) *Operator { return &Operator{svc: s, grace: grace} }

// Listing is one name that IAM or Port lists.
type Listing struct {
	Name  string
	State State
	// Why says what is wrong; "" for an active grant.
	Why string
	// Requester and Resource are "" where neither Port nor IAM says them.
	Requester, Resource string
	Permissions         []string
	// Resources are those in the policy, where Port has no entity.
	Resources []string
	Ends      time.Time // zero: until revoked, or not known
	SignInURL string
	Run       string // the state of its run; "" where it was not asked for
	// InIAM and InPort say who lists it.
	InIAM, InPort bool
	// Looked is what a close look found; nil where none was taken.
	Looked *Details
}

// Details is what lists do not show.
type Details struct {
	Attached, Cut bool
	Changes       []string // made by hand
}

// On reports whether the grant is for a resource or a part of it.
func (g Listing) On(arn string) bool {
	return g.Resource == arn || slices.ContainsFunc(g.Resources, func(r string) bool {
		rest, ok := strings.CutPrefix(r, arn)
		return ok && (rest == "" || strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, ":"))
	})
}

// List shows all grants by name: what a sweep would say of them, and who and what
// they are for. A sweep looks closely at the first fifty; closely is for all.
//
// With an error the list may still hold what IAM has, in [StateUnknown].
func (o *Operator) List(ctx context.Context, closely bool) ([]Listing, error) {
	return o.list(ctx, "", closely)
}

// Show is List for one name, with a close look. [ErrNoGrant] when there is none.
func (o *Operator) Show(ctx context.Context, name string) (Listing, error) {
	all, err := o.list(ctx, name, true)
	if len(all) == 0 {
		if err == nil {
			err = fmt.Errorf("%w: %s", ErrNoGrant, name)
		}
		return Listing{}, err
	}
	return all[0], err
}

// list shows all grants, or the one of a name.
func (o *Operator) list(ctx context.Context, only string, closely bool) ([]Listing, error) {
	other := func(name string) bool { return only != "" && name != only }
	listed, err := o.svc.opts.Access.List(ctx)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(listed, func(name string, _ iamops.Listed) bool { return other(name) })
	if clock := o.svc.clockError(); clock != nil {
		err = fmt.Errorf("what has expired cannot be told: %w", clock)
	}
	entities, portErr := o.svc.opts.Portal.Entities(ctx, templates.BlueprintGrant)
	if err == nil {
		err = portErr
	}
	entities = slices.DeleteFunc(entities, func(e port.Entity) bool { return other(e.Identifier) })

	w := o.svc.NewSweeper(SweepOptions{Grace: o.grace})
	cases := w.cases(listed, entities)
	all := make([]Listing, len(cases))
	stopped := err
	for i, f := range cases {
		f.closely = f.closely || closely && f.inIAM
		all[i], _ = o.row(ctx, w, f, stopped)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for i, f := range cases {
		if f.inIAM && (f.entity == nil || only != "") && all[i].State != StateForeign {
			g.Go(func() error { return o.describe(gctx, w, f, &all[i]) })
		}
	}
	if readErr := g.Wait(); err == nil {
		err = readErr
	}
	return all, err
}

// row is what a sweep would say of one name. Where stopped says that Port or AWS
// does not answer, or they do not for this one, its state is not known.
func (o *Operator) row(ctx context.Context, w *Sweeper, f *facts, stopped error) (Listing, error) {
	l := Listing{Name: f.name, InIAM: f.inIAM, InPort: f.entity != nil}
	if f.entity != nil {
		describeEntity(&l, f.entity)
	}
	v, unknown := verdict{ends: f.end()}, stopped
	if unknown == nil || f.listed.RunID == "" { // a name alone can be enough
		v, unknown = w.decide(ctx, f)
	}
	l.State, l.Why, l.Ends, l.Run = v.state, v.why, v.ends, string(f.run.Status)
	switch {
	case unknown != nil:
		l.State, l.Why = StateUnknown, unknown.Error()
	case l.State == StateOrphaned && f.entity == nil && f.hasRole() && (f.run.ID == "" || f.run.Status == port.StatusSuccess):
		l.State = StateMissing
	}
	return l, unknown
}

// describe adds what a close look at one grant in IAM shows.
func (o *Operator) describe(ctx context.Context, w *Sweeper, f *facts, l *Listing) error {
	if !f.looked {
		if err := w.look(ctx, f); err != nil {
			return err
		}
	}
	if f.foreign {
		l.State, l.Why = StateForeign, "its tags are not ours"
		return nil
	}
	l.Looked = &Details{Attached: f.live.Attached(), Cut: f.live.IsCut(), Changes: o.svc.changed(f.live)}
	if l.Requester == "" {
		l.Requester = f.live.Requester()
	}
	if l.Ends.IsZero() {
		l.Ends = f.seen.end
	}
	if l.Permissions == nil {
		a, err := o.svc.opts.Access.Allowance(ctx, f.live)
		if err != nil {
			return err
		}
		l.Permissions, l.Resources = a.Actions, a.Resources
	}
	return nil
}
