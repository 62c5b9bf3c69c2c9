package grants

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// In which account a grant is: where its role is. Its entity names that role, and the
// run that made it names the resource. Both are in Port, where people can write: so
// "it is gone" is believed of an account alone only where both name that account.

// portTime bounds the wait for what Port says of the places where a grant may be. Without
// its answer they are all accounts.
const portTime = time.Second

// search finds the role where the entity of the grant says that it is, before anything
// else is known. false: the entity does not say it, or not soon, and nothing was asked.
func (r *removal) search(ctx context.Context) bool {
	if len(r.places) == 0 {
		soon, cancel := context.WithTimeout(ctx, portTime)
		entity, err := find(soon, r.svc.opts.Portal, templates.BlueprintGrant, r.name)
		cancel()
		a := r.svc.accountIn(entity)
		if err != nil || a == nil {
			return false
		}
		r.lookIn(a)
	}
	ask(ctx, r.places, r.patient(), r.findIn)
	return true
}

// searchOn goes on where search has found nothing: in every account that is served or,
// where one was asked, in those where the grant may be as well.
func (r *removal) searchOn(ctx context.Context, searched bool) {
	var s standing
	if searched {
		if r.fixed || r.any((*place).hasRole) {
			return
		}
		soon, cancel := context.WithTimeout(ctx, portTime)
		s = r.askPort(soon)
		cancel()
	}
	ask(ctx, r.spread(s), placeTime, r.findIn)
}

// spread adds the accounts in which the grant may be as well, by what Port says of it,
// and returns them: none where entity and run name the same one, else all.
func (r *removal) spread(s standing) (added []*place) {
	if r.fixed {
		return nil
	}
	before := len(r.places)
	if a := r.svc.accountIn(s.entity); a != nil && a.id == s.madeIn {
		r.lookIn(a)
	} else {
		for _, a := range r.svc.accounts {
			r.lookIn(a)
		}
	}
	return r.places[before:]
}

// narrow leaves out the accounts that were asked only because Port did not answer, and have
// nothing of the grant, once entity and run name the same one.
func (r *removal) narrow(s standing) {
	if a := r.svc.accountIn(s.entity); !r.fixed && a != nil && a.id == s.madeIn {
		r.places = slices.DeleteFunc(r.places, func(p *place) bool { return p.account != a && !p.saw() })
	}
}

// madeIn is the account of the resource for which a run has asked, as its identifier or
// its entity says now; "" where neither says it. The error is that of a Port that does
// not give the entity.
func (s *Service) madeIn(ctx context.Context, run port.Run) (string, error) {
	if run.Entity == "" || run.Blueprint != templates.BlueprintResource {
		return "", nil
	}
	if named, _ := iamops.AccountOf(run.Entity); named != "" {
		return named, nil
	}
	e, err := find(ctx, s.opts.Portal, templates.BlueprintResource, run.Entity)
	if e == nil || err != nil {
		return "", err
	}
	r, wrong := bareResource(e)
	if wrong != nil {
		return "", nil //nolint:nilerr // it says nothing
	}
	return AccountOf(r.arn, r.account), nil
}

// mayBeGone refuses to call a grant gone whose role may be where nobody was asked: its
// entity names an account that is not served, or another path; or the resource that it
// was requested for is in an account that is not served. A role that is found is
// removed whatever the entity says.
func (r *removal) mayBeGone(s standing) error {
	if s.entity == nil {
		return nil
	}
	in := r.svc.accountIn(s.entity)
	arn := textOf(s.entity, templates.PropertyRoleARN)
	if r.any((*place).saw) {
		r.noteDiffers(in, arn)
		return nil
	}
	why := "which is of no account and path that is served"
	if r.svc.only() != nil {
		why = "which is not of this account and path"
	}
	switch {
	case in == nil:
	case s.madeErr != nil:
		return s.madeErr
	case s.madeIn != "" && r.svc.account(s.madeIn) == nil:
		why = fmt.Sprintf("but it was requested for a resource of account %s, which is not served", s.madeIn)
	default:
		return nil
	}
	if s.lag && !r.over(causeUnseen) {
		return &again{causeUnseen, fmt.Errorf("grant %s is not visible in IAM", r.name)}
	}
	return r.ofAnother("its role is %q by its entity, %s, and nothing of it is here: use the action of the account that the role is in", arn, why)
}

// mayBeBeside refuses to call a grant gone of which something was removed here, where
// neither its entity nor the resource that it was requested for is of a served account: a
// person has made the role again, and the first one stands where nobody was asked.
func (r *removal) mayBeBeside(s standing) error {
	switch {
	case s.entity == nil || r.svc.accountIn(s.entity) != nil || !r.any((*place).saw):
		return nil
	case s.madeErr != nil:
		return s.madeErr
	case s.madeIn == "" || r.svc.account(s.madeIn) != nil:
		return nil
	}
	return r.ofAnother("what was found here is removed; but its role is %q by its entity, and it was requested for a resource of account %s, which is not served: use the action of the account that the role is in",
		textOf(s.entity, templates.PropertyRoleARN), s.madeIn)
}

// ofAnother refuses to call the grant gone.
func (r *removal) ofAnother(format string, args ...any) error {
	return refuse("the grant is of another account", "%w", &iamops.Error{
		Op: "revoke " + r.name, Kind: iamops.KindForeign, Err: fmt.Errorf(format, args...),
	})
}

// noteDiffers notes that a role was found which is not the one that the entity names.
func (r *removal) noteDiffers(in *account, arn string) {
	var found []string
	for _, p := range r.places {
		if p.saw() && p.account != in {
			found = append(found, fmt.Sprintf("%q", p.RoleARN(r.name)))
		}
	}
	if len(found) == 0 {
		return
	}
	removed := "was"
	if len(found) > 1 {
		removed = "were"
	}
	r.differs = fmt.Sprintf("Its entity named the role %q, and %s %s removed.", arn, strings.Join(found, " and "), removed)
	r.log.Warn("entity names another role than the one that is removed", keyGrant, r.name, "role_arn", arn)
}

// Elsewhere counts the entities of grants whose role is in an account that is not served,
// under our path and name, by account. Nobody sweeps those, and a revocation does not find
// them.
func (s *Service) Elsewhere(ctx context.Context) (map[string]int, error) {
	entities, err := s.opts.Portal.Entities(ctx, templates.BlueprintGrant)
	count := map[string]int{}
	for i := range entities {
		name, role := entities[i].Identifier, textOf(&entities[i], templates.PropertyRoleARN)
		_, isGrant := iamops.RunID(name)
		in, _ := iamops.AccountOf(role)
		here := s.accounts[0]
		if isGrant && in != "" && s.account(in) == nil && role == strings.Replace(here.RoleARN(name), here.id, in, 1) {
			count[in]++
		}
	}
	return count, err
}
