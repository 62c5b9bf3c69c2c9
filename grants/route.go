package grants

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// account is one that is served, with what all that happens there shares.
type account struct {
	Access
	id       string // 12 digits
	slots    *slots
	unjudged sync.Once // tells that its boundary is not judged
}

// newAccounts are the served accounts, sorted by their ids.
func newAccounts(served map[string]Access, concurrency int) (sorted []*account) {
	for _, id := range slices.Sorted(maps.Keys(served)) {
		sorted = append(sorted, &account{Access: served[id], id: id, slots: newSlots(len(served), concurrency)})
	}
	return sorted
}

// account is the served one of this id; nil where it is not served.
func (s *Service) account(id string) *account {
	if i := slices.IndexFunc(s.accounts, func(a *account) bool { return a.id == id }); i >= 0 {
		return s.accounts[i]
	}
	return nil
}

// only is the served account where there is one alone; nil where there are several.
func (s *Service) only() *account {
	if len(s.accounts) == 1 {
		return s.accounts[0]
	}
	return nil
}

// AccountOf is the account that a resource is in: the one that its ARN names or, where
// that names none, the one of its property. "": neither says it.
func AccountOf(arn, property string) string {
	if named, _ := iamops.AccountOf(arn); named != "" {
		return named
	}
	return property
}

// Route says to which of the served accounts a request on a resource goes, given the
// account that its property names, "" for none. Where one account alone is served, it
// answers for what an ARN says itself, as it does for a text that is no ARN. The error
// refuses the request.
func Route(served []string, arn, property string) (string, error) {
	inARN, isARN := iamops.AccountOf(arn)
	named := AccountOf(arn, property)
	switch {
	case slices.Contains(served, named):
		return named, nil
	case !isARN, len(served) == 1 && (named == "" || inARN != ""):
		return served[0], nil
	case named == "":
		return "", refuse("it is not known which account the resource is in",
			"the ARN %s names no AWS account, and access is granted in %d of them: ask the platform team to write the account of the resource into its property %q in Port", arn, len(served), templates.PropertyAccount)
	}
	return "", refuse("the resource is in an account that is not served",
		"%s is of account %s, and access is granted in %s: ask the platform team whether that account can be served, or to correct the account in Port", arn, named, listed(served))
}

// listed names accounts, or says how many there are.
func listed(accounts []string) string {
	const most = 10
	switch n := len(accounts); {
	case n == 1:
		return "account " + accounts[0]
	case n <= most:
		return "accounts " + strings.Join(accounts, ", ")
	default:
		return fmt.Sprintf("%d other accounts", n)
	}
}

// route is the served account to which a request on a resource goes.
func (s *Service) route(r resource) (*account, error) {
	id, err := Route(s.served(), r.arn, r.account)
	if err != nil {
		return nil, err
	}
	return s.account(id), nil
}

// served are the ids of the served accounts.
func (s *Service) served() (ids []string) {
	for _, a := range s.accounts {
		ids = append(ids, a.id)
	}
	return ids
}

// expected is the account in which a request on a resource will most likely be granted,
// going by the identifier alone; nil where that does not say it.
func (s *Service) expected(identifier string) *account {
	if a := s.only(); a != nil {
		return a
	}
	named, _ := iamops.AccountOf(identifier)
	return s.account(named)
}

// accountIn is the served account in which the role of a grant is, or was, as its entity
// says; nil where the entity names no role, or one of another account or path.
func (s *Service) accountIn(e *port.Entity) *account {
	if e == nil {
		return nil
	}
	role := textOf(e, templates.PropertyRoleARN)
	named, _ := iamops.AccountOf(role)
	if a := s.account(named); a != nil && role == a.RoleARN(e.Identifier) {
		return a
	}
	return nil
}
