package iamtest

import (
	"fmt"
	"strings"
)

// evaluationXML is the outcome for one action on one resource.
type evaluationXML struct {
	EvalActionName, EvalResourceName, EvalDecision string
	MatchedStatements                              list[matchedXML]
	MissingContextValues                           list[string]
	PermissionsBoundaryDecisionDetail              *boundaryDecisionXML `xml:",omitempty"`
}

type matchedXML struct{ SourcePolicyId string }

type boundaryDecisionXML struct{ AllowedByPermissionsBoundary bool }

// simulatePrincipalPolicy evaluates the policies of a user or role as reads show
// it, one result for each action and resource.
func (s *Server) simulatePrincipalPolicy(r *request) (any, error) {
	arn := r.str("PolicySourceArn")
	if err := checkARN("policySourceArn", arn); err != nil {
		return nil, err
	}
	has, p, err := s.rightsByARN(arn)
	if err != nil {
		return nil, err
	}
	for i, text := range r.list("PolicyInputList") {
		if _, err := parseDocument(text, identityPolicy); err != nil {
			return nil, invalidInput("%v", err)
		}
		has.identity = append(has.identity, source{fmt.Sprintf("PolicyInputList.%d", i+1), text})
	}
	f := s.factsOf(p)
	if p.role != "" {
		delete(f, "aws:userid") // depends on a session, and there is none
	}
	for i := 1; ; i++ {
		prefix := fmt.Sprintf("ContextEntries.member.%d.", i)
		if !r.form.Has(prefix + "ContextKeyName") {
			break
		}
		f.set(r.str(prefix+"ContextKeyName"), r.list(prefix+"ContextKeyValues")...)
	}
	resources := r.list("ResourceArns")
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	var found []evaluationXML
	for _, action := range r.list("ActionNames") {
		if !strings.Contains(action, ":") {
			return nil, invalidInput("Invalid action name: %s", action)
		}
		for _, resource := range resources {
			found = append(found, evaluation(has, access{action, resource, f}))
		}
	}
	results, rest, err := page(s, r, number(found), func(x numbered) string { return fmt.Sprintf("%06d", x.n) })
	return struct {
		EvaluationResults list[numbered]
		paging
	}{results, rest}, err
}

// numbered keeps results in the order of the request across pages.
type numbered struct {
	evaluationXML
	n int
}

func number(all []evaluationXML) []numbered {
	var out []numbered
	for i, x := range all {
		out = append(out, numbered{x, i})
	}
	return out
}

func evaluation(has rights, a access) evaluationXML {
	d := has.evaluate(a)
	x := evaluationXML{EvalActionName: a.action, EvalResourceName: a.resource, EvalDecision: d.verdict.String()}
	if d.policy != "" {
		x.MatchedStatements.Member = []matchedXML{{d.policy}}
	}
	if has.boundary != nil {
		said, err := has.boundary.say(a)
		x.PermissionsBoundaryDecisionDetail = &boundaryDecisionXML{said == allowed && err == nil}
	}
	return x
}

// rightsByARN returns the policies of a user or role of this account, and a
// principal that stands for it.
func (s *Server) rightsByARN(arn string) (rights, *principal, error) {
	name := arn[strings.LastIndex(arn, "/")+1:]
	if u := s.users[name]; u != nil && u.arn == arn {
		return userRights(u), &principal{arn: arn, identity: arn, id: u.id, user: u.name, home: s}, nil
	}
	if role := s.roles.seen(roleKey(name), s.opts.Now()); role != nil && role.ARN == arn {
		return s.roleRights(role), &principal{arn: arn, identity: arn, id: role.ID, role: role.Name, issued: s.created(), home: s}, nil
	}
	return rights{}, nil, noSuchEntity("The entity %s cannot be found.", arn)
}
