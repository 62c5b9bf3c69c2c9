package catalogue

import "errors"

// Reason tells refusals apart.
type Reason string

// Why a request is refused.
const (
	UnknownAction    Reason = "unknown_action"      // no such action, or not one action
	NoResourceLevel  Reason = "no_resource_level"   // AWS knows the action on "*" only
	WrongService     Reason = "wrong_service"       // acts on resources of other services
	WrongType        Reason = "wrong_resource_type" // acts on other resources of the service
	Unrelated        Reason = "unrelated"           // a related resource is no part of the grant, which the action may need
	Incomplete       Reason = "incomplete"          // AWS also checks a resource that is not granted
	InvalidARN       Reason = "invalid_arn"         // does not name one resource
	ForeignAccount   Reason = "foreign_account"
	ForeignPartition Reason = "foreign_partition"
	DeniedAction     Reason = "denied_action" // never granted, or only if the operator allows it
)

// Refusal says why an action is not granted on a resource. It is the requester's
// to fix, not ours.
type Refusal struct {
	Reason Reason
	Action string // empty if the ARN alone is the reason
	ARN    string
	// message says what is wrong and what would work. It is made when it is asked for:
	// who judges a whole catalogue reads few of them.
	message func() string
}

// Always reports whether the reason holds on every resource, so that no request for the
// action can be granted.
func (r *Refusal) Always() bool {
	return r.Reason == DeniedAction || r.Reason == NoResourceLevel || r.Reason == UnknownAction
}

// Error implements error.
func (r *Refusal) Error() string { return r.message() }

// said is a message that is known already.
func said(s string) func() string { return func() string { return s } }

// Refusals is all that is wrong with one request, one line each. [errors.As]
// finds the first of them.
type Refusals []*Refusal

// Error implements error.
func (rs Refusals) Error() string { return errors.Join(rs.Unwrap()...).Error() }

// Unwrap makes each refusal visible to the errors package.
func (rs Refusals) Unwrap() []error {
	out := make([]error, len(rs))
	for i, r := range rs {
		out[i] = r
	}
	return out
}
