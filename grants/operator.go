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
	g := all[0]
	if g.Looked == nil && g.InIAM && g.State != StateForeign {
		if readErr := o.describe(ctx, &g); err == nil {
			err = readErr
		}
	}
	return g, err
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
	entities, portErr := o.svc.opts.Portal.Entities(ctx, blueprintGrant)
	if err == nil {
		err = portErr
	}
	entities = slices.DeleteFunc(entities, func(e port.Entity) bool { return other(e.Identifier) })

	w := o.svc.NewSweeper(SweepOptions{Grace: o.grace, DryRun: true})
	cases := w.cases(listed, entities)
	all := make([]Listing, len(cases))
	stopped := err
	var t trouble
	for i, c := range cases {
		c.closely = c.closely || closely && c.inIAM
		var failed error
		all[i], failed = o.judge(ctx, w, c, stopped)
		if failed == nil || aboutOneGrant(failed) {
			continue
		}
		if err == nil {
			err = failed
		}
		if t.giveUpAfter(failed) {
			stopped = failed
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for i, c := range cases {
		if c.inIAM && c.entity == nil && all[i].State != StateForeign {
			g.Go(func() error { return o.describe(gctx, &all[i]) })
		}
	}
	if readErr := g.Wait(); err == nil {
		err = readErr
	}
	return all, err
}

// judge makes the row of one name. Where stopped says that Port or AWS does not
// answer, or they do not for this one, its state is not known.
func (o *Operator) judge(ctx context.Context, w *Sweeper, c *sweepCase, stopped error) (Listing, error) {
	g := Listing{Name: c.name, InIAM: c.inIAM, InPort: c.entity != nil}
	if c.entity != nil {
		describeEntity(&g, c.entity)
	}
	unknown := stopped
	if unknown == nil || c.listed.RunID == "" { // a name alone can be enough
		unknown = w.settle(ctx, c)
	}
	g.State, g.Why, g.Ends, g.Run = c.state, c.why, c.ends, string(c.run.Status)
	switch {
	case unknown != nil:
		g.State, g.Why = StateUnknown, unknown.Error()
	case g.State == StateOrphaned && c.entity == nil && c.listed.HasRole() && (c.runUnknown() || c.run.Status == port.StatusSuccess):
		g.State = StateMissing
	}
	return g, unknown
}

// describe looks closely at one grant in IAM.
func (o *Operator) describe(ctx context.Context, g *Listing) error {
	state, err := o.svc.opts.Access.Look(ctx, g.Name)
	if iamops.IsKind(err, iamops.KindForeign) {
		g.State, g.Why = StateForeign, err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	g.Looked = &Details{Attached: state.Attached(), Cut: state.IsCut(), Changes: o.svc.opts.Access.Changed(state)}
	if g.Requester == "" {
		g.Requester = state.Requester()
	}
	if end, limited := state.End(); limited && g.Ends.IsZero() {
		g.Ends = end
	}
	if g.Permissions == nil {
		a, err := o.svc.opts.Access.Allowance(ctx, state)
		if err != nil {
			return err
		}
		g.Permissions, g.Resources = a.Actions, a.Resources
	}
	return nil
}
