package iamtest

import (
	"fmt"
	"slices"
	"strings"
)

// access is what is asked for.
type access struct {
	action, resource string
	facts            facts
}

// source is a policy that has a say, under the name that reasons give it.
type source struct {
	name string
	text string
}

// rights are the policies of one principal.
type rights struct {
	identity []source
	boundary *source // nil: none
}

// verdict is the outcome of an evaluation.
type verdict int

const (
	implicitDeny verdict = iota
	explicitDeny
	allowed
)

// String returns the verdict as SimulatePrincipalPolicy words it.
func (v verdict) String() string {
	return [...]string{"implicitDeny", "explicitDeny", "allowed"}[v]
}

// decision is a verdict, why, and by which policy.
type decision struct {
	verdict verdict
	reason  string
	policy  string
}

// evaluate decides as IAM does within one account and without resource policies:
// an explicit Deny wins; otherwise an identity policy has to allow, and the
// boundary too if there is one. What it does not understand it denies.
func (r rights) evaluate(a access) decision {
	all := r.identity
	if r.boundary != nil {
		all = append(slices.Clone(all), *r.boundary)
	}
	for _, src := range all {
		switch v, err := src.say(a); {
		case err != nil:
			return decision{explicitDeny, fmt.Sprintf("%s: %v", src.name, err), src.name}
		case v == explicitDeny:
			return decision{explicitDeny, fmt.Sprintf("an explicit deny in %s", src.name), src.name}
		}
	}
	for _, src := range r.identity {
		if v, _ := src.say(a); v != allowed {
			continue
		}
		if r.boundary != nil {
			if v, _ := r.boundary.say(a); v != allowed {
				return decision{implicitDeny, fmt.Sprintf("no permissions boundary allows the %s action", a.action), src.name}
			}
		}
		return decision{allowed, fmt.Sprintf("allowed by %s", src.name), src.name}
	}
	return decision{implicitDeny, fmt.Sprintf("no identity-based policy allows the %s action", a.action), ""}
}

// say is what one policy says about an access.
func (src source) say(a access) (verdict, error) {
	doc, err := parseDocument(src.text, identityPolicy)
	if err != nil {
		return implicitDeny, err
	}
	return doc.say(a, func(st statement) bool {
		return slices.ContainsFunc(st.resources, func(p string) bool { return glob(p, a.resource) })
	})
}

// say is what the statements that concern an access say about it together.
func (d document) say(a access, concerns func(statement) bool) (verdict, error) {
	said := implicitDeny
	for _, st := range d {
		if !st.names(a.action) || !concerns(st) {
			continue
		}
		holds, err := st.holds(a.facts)
		switch {
		case err != nil:
			return implicitDeny, err
		case holds && !st.allow:
			return explicitDeny, nil
		case holds:
			said = allowed
		}
	}
	return said, nil
}

// names reports whether the statement is about an action; case does not matter.
func (st statement) names(action string) bool {
	return slices.ContainsFunc(st.actions, func(p string) bool {
		return glob(strings.ToLower(p), strings.ToLower(action))
	})
}

// holds reports whether every condition holds.
func (st statement) holds(f facts) (bool, error) {
	all := true
	for _, c := range st.conditions {
		ok, err := c.holds(f)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, nil
}
