package iamops

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// LiveProfile is [Ops.Profile] of a grant that can be used now. It is made from IAM alone:
// from the role, once it is proven ours, and from the Region that the resources of its
// policy agree on.
//
// Errors: [KindNotFound] where there is no such role, [KindForeign] where it is not ours,
// [KindCut] where the grant is being removed, [KindInvalid] where it cannot be used for
// another reason or this is no name of a grant, and the temporary kinds.
func (o *Ops) LiveProfile(ctx context.Context, name string) (string, error) {
	var s Live
	var a Allowance
	var lookErr, readErr error
	var reads sync.WaitGroup
	reads.Go(func() { s, lookErr = o.Look(ctx, name) })
	reads.Go(func() { a, readErr = o.Allowance(ctx, name) })
	reads.Wait()
	if err := cmp.Or(lookErr, s.usable(time.Now()), readErr); err != nil {
		return "", err
	}
	return o.Profile(name, regional(a.Resources), s.role.maxSession), nil
}

// usable says why the grant cannot be used; nil where it can.
func (s Live) usable(now time.Time) error {
	op := "make a profile of " + s.Name
	end, ends := s.End()
	switch {
	case !s.HasRole():
		return refused(KindNotFound, op, "IAM has no such role")
	case s.IsCut():
		return refused(KindCut, op, "its access is cut")
	case ends && !end.After(now):
		return refused(KindInvalid, op, "its time is over since %s", rfc3339(end))
	case !s.Attached():
		return refused(KindInvalid, op, "its policy is not attached")
	}
	return nil
}

// regional is one of the resources, if all of them name the same Region; "" otherwise. So
// it is for a bucket and its key, as the bucket's ARN alone names none.
func regional(resources []string) string {
	if len(resources) == 0 {
		return ""
	}
	other := func(r string) bool { return regionOf(r) != regionOf(resources[0]) }
	if slices.ContainsFunc(resources, other) {
		return ""
	}
	return resources[0]
}
