package grants

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"port-iam/iamops"
	"port-iam/port"
)

// view is what the rows of one list share.
type view struct {
	*round        // judges; it has seen nothing before
	unlisted bool // IAM could not be listed: anything may be there

	mu    sync.Mutex
	t     trouble // with Port
	blind error   // why no state can be told; nil: it can
}

// why is why no state can be told; nil where it can.
func (v *view) why() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.blind
}

// note notes an answer of Port. With too much trouble it is not asked any more.
func (v *view) note(err error) {
	if c, _ := classify(err); err == nil || c != causePort {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.t++; v.t >= tooMuch {
		v.blind = cmp.Or(v.blind, err)
	}
}

// near is what was read of one grant, at once.
type near struct {
	live                     iamops.Live
	allowed                  iamops.Allowance
	lookErr, allowErr, asked error
	run                      port.Run
}

// row is what a sweep would say of one name, with what a close look shows. Where
// Port or AWS does not answer, at all or for this one, its state is not known.
func (v *view) row(ctx context.Context, f *facts) Listing {
	l := Listing{Account: v.id, Name: f.name, InIAM: f.inIAM, InPort: f.entity != nil}
	if f.entity != nil {
		describeEntity(&l, f.entity)
	}
	blind := v.why()
	var n near
	if f.closely && f.listed.RunID != "" && (f.inIAM || v.unlisted) {
		n = v.read(ctx, f, blind == nil)
		l.Unread = cmp.Or(f.describe(&l, n, v), n.asked)
	}
	if f.listed.RunID == "" { // its name alone is enough
		blind = nil
	}
	said, err := v.decide(ctx, f, cmp.Or(blind, n.lookErr), n.asked)
	l.State, l.Why, l.Run = said.state, said.why, string(f.run.Status)
	if !said.ends.IsZero() {
		l.Ends = said.ends
	}
	l.Unread = cmp.Or(l.Unread, err)
	switch {
	case iamops.NotEntered(err): // which is said once for the account
		l.State, l.Why = StateUnknown, "its account cannot be entered"
	case err != nil:
		l.State, l.Why = StateUnknown, err.Error()
	case l.State == StateOrphaned && f.entity == nil && f.hasRole() && (f.run.ID == "" || f.run.Status == port.StatusSuccess):
		l.State = StateMissing
	}
	return l
}

// read takes a close look; asks: at the grant's run, too.
func (v *view) read(ctx context.Context, f *facts, asks bool) (n near) {
	var reads sync.WaitGroup
	reads.Go(func() { n.live, n.lookErr = v.Look(ctx, f.name) })
	reads.Go(func() { n.allowed, n.allowErr = v.Allowance(ctx, f.name) })
	if asks {
		reads.Go(func() { n.run, n.asked = v.svc.opts.Portal.Run(ctx, f.listed.RunID) })
	}
	reads.Wait()
	n.lookErr = v.round.noteLook(f, n.live, n.lookErr)
	if asks {
		n.asked = f.noteRun(n.run, n.asked)
		v.note(n.asked)
	}
	return n
}

// decide judges one name. blind and unasked are why nothing, and why its run, can
// be told; what does not need the run is judged anyway.
func (v *view) decide(ctx context.Context, f *facts, blind, unasked error) (verdict, error) {
	for {
		said, n := v.round.judge(f)
		switch {
		case blind != nil:
			return verdict{ends: said.ends}, blind
		case n == needNothing:
			return said, nil
		case n == needRun && unasked != nil:
			return said, unasked
		}
		if err := v.round.read(ctx, f, n); err != nil {
			v.note(err)
			return said, err
		}
	}
}

// describe adds what a close look showed, also where it was not complete: why.
func (f *facts) describe(l *Listing, n near, v *view) error {
	if f.foreign || iamops.IsKind(n.allowErr, iamops.KindForeign) {
		n.allowErr = nil // which the state says
	}
	l.Tagged, l.Resources = n.live.Requesters(), n.allowed.Resources
	l.Policy, l.Trust, l.Versions = n.allowed.Document, n.live.Trust(), n.live.Versions()
	l.InIAM = l.InIAM || n.live.Exists()
	if f.foreign && !n.live.Exists() {
		return nil
	}
	if l.Permissions == nil {
		l.Permissions = n.allowed.Actions
	}
	if n.lookErr == nil {
		l.Ends = f.seen.end
		l.Looked = &Details{Attached: n.live.Attached(), Cut: n.live.IsCut(), Changes: v.changed(n.live)}
		if f.entity != nil {
			l.Looked.Differences = l.differences()
		}
	}
	if l.Requester == "" && len(l.Tagged) > 0 {
		l.Requester = l.Tagged[0]
	}
	return cmp.Or(n.lookErr, n.allowErr)
}

// differences says where the entity in Port differs from what is in IAM, which
// people may have changed there.
func (g Listing) differences() (out []string) {
	for _, by := range g.Tagged {
		if !strings.EqualFold(by, g.Requester) {
			out = append(out, fmt.Sprintf("the requester is %q in Port, and %q in a tag of IAM", g.Requester, by))
		}
	}
	fits := func(r string) bool { return overlap(r, g.Resource) || iamops.MayBelong(r, g.Resource) }
	switch {
	case len(g.Resources) == 0:
	case g.Resource == "":
		out = append(out, fmt.Sprintf("Port names no resource, and the policy names %s", strings.Join(g.Resources, ", ")))
	case strings.HasPrefix(g.Resource, "arn:") && !slices.ContainsFunc(g.Resources, fits):
		out = append(out, fmt.Sprintf("the resource is %s in Port, and the policy names %s", g.Resource, strings.Join(g.Resources, ", ")))
	}
	return out
}

// overlap reports whether a resource of a policy is that of an ARN, or a part of it, or
// may be more: a policy may end it in wildcards, also where only those that AWS puts at
// the end are meant ("-??????" after the name of a secret).
func overlap(resource, arn string) bool {
	begin := strings.TrimRight(resource, "*?")
	whole := strings.TrimRight(begin, ":/-")
	takes := func(text string) bool { return strings.HasPrefix(text, begin) || text == whole }
	return iamops.Within(resource, arn) || begin != resource && (takes(arn) || takes(iamops.Written(arn)))
}

// On reports whether the grant is for a resource or a part of it, as Port or the
// policy says. The ARN may be as AWS gives it or as the policy has it.
func (g Listing) On(arn string) bool {
	return g.Resource == arn || slices.ContainsFunc(g.Resources, func(r string) bool { return r == "*" || iamops.Within(r, arn) })
}

// Of reports whether the grant is a requester's, as Port or IAM says. Letter case
// does not count.
func (g Listing) Of(requester string) bool {
	is := func(by string) bool { return strings.EqualFold(by, requester) }
	return is(g.Requester) || slices.ContainsFunc(g.Tagged, is)
}

// DoubtOf says why it cannot be told that a grant is not a requester's, where
// [Listing.Of] is false of one that was looked at closely; "": it is certain.
func (g Listing) DoubtOf(requester string) string {
	switch {
	case !g.InIAM, g.State == StateForeign, len(g.Tagged) > 0:
		return ""
	case g.Looked == nil:
		return "it could not be read"
	case g.Requester != "" && !iamops.LegalTagValue(g.Requester) && iamops.LegalTagValue(requester):
		return "" // the name that Port says cannot be a tag, and the other one would be
	}
	return "no tag says who asked for it"
}

// DoubtOn is DoubtOf for a resource and [Listing.On].
func (g Listing) DoubtOn() string {
	if g.InIAM && g.State != StateForeign && len(g.Resources) == 0 && g.Unread != nil {
		return "its policy could not be read"
	}
	return ""
}
