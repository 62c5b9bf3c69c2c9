package grants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"port-iam/iamops"
)

// Operator is the view of a person who looks after the accounts: what is granted,
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
	Account string
	Name    string
	State   State
	// Why says what is wrong; "" for an active grant.
	Why string
	// Requester and Resource are as Port says or, where it says nothing, as IAM
	// does; "" where neither does.
	Requester, Resource string
	// Tagged is the requester as the tags of role and policy say, which may differ.
	Tagged      []string
	Permissions []string
	// Resources are those in the policy, where it was read.
	Resources []string
	Ends      time.Time // zero: until revoked, or not known
	SignInURL string
	Run       string // the state of its run; "" where it was not asked for
	// InIAM and InPort say who lists it.
	InIAM, InPort bool
	// Looked is what a close look found; nil where none was taken.
	Looked *Details
	// Policy and Trust are the permission policy of the grant and the trust policy of its
	// role, as IAM has them; "" where there is none that is ours, or it was not read.
	Policy, Trust string
	// Versions are those of the permission policy, the one in use first.
	Versions []string
	// Unread says what could not be read of it; nil: nothing.
	Unread error
}

// Details is what lists do not show.
type Details struct {
	Attached, Cut bool
	Changes       []string // made by hand
	Differences   []string // between what Port and IAM say
}

// List shows all grants by account and name: what a sweep would say of them, and who and
// what they are for. A sweep looks closely at the first fifty of each account; closely is
// for all.
//
// With an error the list holds what could be read, see [Listing] Unread.
func (o *Operator) List(ctx context.Context, closely bool) ([]Listing, error) {
	return o.list(ctx, "", closely)
}

// Show is List for one name, with a close look: a row for each account that has it.
// [ErrNoGrant] when there is none.
func (o *Operator) Show(ctx context.Context, name string) ([]Listing, error) {
	all, err := o.list(ctx, name, true)
	if len(all) == 0 && err == nil {
		err = fmt.Errorf("%w: %s", ErrNoGrant, name)
	}
	return all, err
}

// list shows all grants, or those of a name. What cannot be read of one keeps
// nothing else from being read.
func (o *Operator) list(ctx context.Context, only string, closely bool) (all []Listing, err error) {
	w := o.svc.NewSweeper(SweepOptions{Grace: o.grace})
	entities := o.svc.newInPort()
	parts, errs := make([][]Listing, len(w.rounds)), make([]error, len(w.rounds))
	var rounds sync.WaitGroup
	for i, r := range w.rounds {
		rounds.Go(func() { parts[i], errs[i] = o.listIn(ctx, r, entities, only, closely) })
	}
	rounds.Wait()
	for i, r := range w.rounds {
		if _, ofAWS := errors.AsType[*iamops.Error](errs[i]); ofAWS && len(w.rounds) > 1 {
			errs[i] = fmt.Errorf("account %s: %w", r.id, errs[i])
		}
		all = append(all, parts[i]...)
	}
	same := func(a, b error) bool { return a != nil && b != nil && a.Error() == b.Error() } // of Port
	return all, errors.Join(slices.CompactFunc(errs, same)...)
}

// listIn is list for one account.
func (o *Operator) listIn(ctx context.Context, w *round, entities *inPort, only string, closely bool) ([]Listing, error) {
	listed, iamErr := w.List(ctx)
	var clockErr error
	if clock := o.svc.clockError(); clock != nil {
		clockErr = fmt.Errorf("what has expired cannot be told: %w", clock)
	}
	portErr := entities.read(ctx)
	cases := w.cases(listed, entities)
	if only != "" {
		cases = slices.DeleteFunc(cases, func(f *facts) bool { return f.name != only })
	}
	err := cmp.Or(iamErr, clockErr, portErr)
	v := &view{round: w, unlisted: iamErr != nil, blind: err}
	all := make([]Listing, len(cases))
	var g errgroup.Group
	g.SetLimit(max(2, Parallel/len(w.rounds)))
	for i, f := range cases {
		f.closely = f.closely || closely || f.entity == nil || only != ""
		g.Go(func() error {
			all[i] = v.row(ctx, f)
			return nil
		})
	}
	_ = g.Wait()
	for _, l := range all {
		err = cmp.Or(err, l.Unread)
	}
	return all, err
}
