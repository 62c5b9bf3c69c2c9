package templates

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// RequesterPolicy renders what requesters need in addition to the trust of a
// grant's role, which leaves the rest to their own permissions: that they may
// switch to roles of grants, in each of the places. Which of them, the trust says. The
// places differ in their account alone.
func RequesterPolicy(places ...Place) (string, error) {
	return requesterPolicy("requester-policy", places)
}

// RequesterPolicyWithSource is [RequesterPolicy] for people whose sessions carry a source
// identity: they may bring it into the roles, as it is already, and no other one. AWS asks
// both sides for sts:SetSourceIdentity then, so that the trust has to allow it, too
// ("Monitor and control actions taken with assumed roles", IAM User Guide). It is nothing
// without sts:AssumeRole, so that of many accounts only that names each.
func RequesterPolicyWithSource(places ...Place) (string, error) {
	return requesterPolicy("requester-policy-source", places)
}

func requesterPolicy(name string, places []Place) (string, error) {
	var errs []error
	if len(places) == 0 {
		errs = append(errs, errors.New("no account is named"))
	}
	var in []string
	for _, p := range places {
		errs = append(errs, p.check())
		in = append(in, p.Account)
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("requester policy: %w", err)
	}
	role := places[0]
	return ofAccounts(name, in, nil, func(account string) string { role.Account = account; return role.Roles() })
}

// Hub is a daemon that enters accounts by assuming a role in each of them.
type Hub struct {
	Partition string
	Accounts  []string // 12 digits each; not that of the daemon's own credentials; none where it only looks users up
	Role      string   // its name, with its path if it has one, with or without its first slash
	// IdentityStoreRole is the ARN of a role that the daemon assumes to look users up;
	// "" for none.
	IdentityStoreRole string
}

var (
	// roleForm is the name of a role with its path.
	roleForm = regexp.MustCompile(`^/?([A-Za-z0-9.,+@=_-]+/)*[A-Za-z0-9.,+@=_-]{1,64}$`)
	// organizationForm is the id of an organisation: "Organization", AWS Organizations
	// API Reference.
	organizationForm = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
)

func (h Hub) check() error {
	var errs []error
	if !IsPartition(h.Partition) {
		errs = append(errs, fmt.Errorf("%q is not a partition of AWS, such as aws or aws-us-gov", h.Partition))
	}
	if len(h.Accounts) == 0 && h.IdentityStoreRole == "" {
		errs = append(errs, errors.New("no account is named"))
	}
	for _, account := range h.Accounts {
		if !IsAccount(account) {
			errs = append(errs, fmt.Errorf("the account %q is not 12 digits", account))
		}
	}
	if !roleForm.MatchString(h.Role) {
		errs = append(errs, fmt.Errorf("%q is not the name of a role, such as PortIam or platform/PortIam", h.Role))
	}
	if found := principalARN.FindStringSubmatch(h.IdentityStoreRole); h.IdentityStoreRole != "" && (found == nil || found[3] != "role" || found[1] != h.Partition) {
		errs = append(errs, fmt.Errorf("%q is not the ARN of a role in partition %s", h.IdentityStoreRole, h.Partition))
	}
	return errors.Join(errs...)
}

// roleIn is the ARN of the role in an account.
func (h Hub) roleIn(account string) string {
	return "arn:" + h.Partition + ":iam::" + account + ":role/" + strings.TrimPrefix(h.Role, "/")
}

// more are the roles that the daemon assumes in addition.
func (h Hub) more() []string {
	if h.IdentityStoreRole == "" {
		return nil
	}
	return []string{h.IdentityStoreRole}
}

// patterns match the roles that the daemon assumes, in whichever accounts.
func (h Hub) patterns() []string {
	if len(h.Accounts) == 0 {
		return h.more()
	}
	return append([]string{h.roleIn("*")}, h.more()...)
}

// StoreReader is what the policy of the role depends on by which users are looked up.
type StoreReader struct {
	Partition string
	Store     string // id of the identity store, such as d-1234567890
	Account   string // 12 digits: that of the store, which is the management account's, or * where it is not known
}

// storeForm is the id of an identity store: "GetUserId", Identity Store API Reference.
var storeForm = regexp.MustCompile(`^(d-[0-9a-f]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// IdentityPolicy renders what is needed to look users up in an identity store, and no more.
// AWS asks for the store and for the user, and the user's ARN does not name the store
// ("Actions, resources, and condition keys for AWS Identity Store", Service Authorization
// Reference), so that of the users all are named.
func IdentityPolicy(r StoreReader) (string, error) {
	var errs []error
	if !IsPartition(r.Partition) {
		errs = append(errs, fmt.Errorf("%q is not a partition of AWS, such as aws or aws-us-gov", r.Partition))
	}
	if !storeForm.MatchString(r.Store) {
		errs = append(errs, fmt.Errorf("%q is not the id of an identity store, such as d-1234567890", r.Store))
	}
	if r.Account != "*" && !IsAccount(r.Account) {
		errs = append(errs, fmt.Errorf("the account %q is not 12 digits", r.Account))
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("identity policy: %w", err)
	}
	return document("identity-policy", r)
}

// HubPolicy renders what the daemon's own principal needs to enter the accounts: it may
// assume the role in each of them and no other role, whatever other policies allow it.
//
// The daemon sets no session tags. But EKS Pod Identity gives its session tags that pass on
// to the role that it assumes, and then AWS asks both sides for sts:TagSession: "Access AWS
// Resources using EKS Pod Identity Target IAM Roles", EKS User Guide.
func HubPolicy(h Hub) (string, error) {
	if err := h.check(); err != nil {
		return "", fmt.Errorf("hub policy: %w", err)
	}
	in := slices.Clone(h.Accounts)
	if found := principalARN.FindStringSubmatch(h.IdentityStoreRole); found != nil && h.IdentityStoreRole == h.roleIn(found[2]) {
		in = append(in, found[2]) // the same role, in an account that may not be served
		h.IdentityStoreRole = ""
	}
	return ofAccounts("hub-policy", in, h.more(), h.roleIn)
}

// ofAccounts renders a document about a role in each account, and about more roles. It
// names each role by its ARN. Where that would be longer than AWS takes, it names the role
// in any account, and the accounts in a condition, which takes a third of the characters.
func ofAccounts(name string, accounts, more []string, roleIn func(account string) string) (string, error) {
	accounts = eachOnce(accounts)
	var roles []string
	for _, account := range accounts {
		roles = append(roles, roleIn(account))
	}
	anywhere := roleIn("*")
	type data struct {
		Roles    any
		Anywhere string
		OnlyIn   []string
	}
	text, err := document(name, data{Roles: oneOrAll(append(roles, more...))})
	if errors.Is(err, errTooLong) {
		text, err = document(name, data{oneOrAll(append([]string{anywhere}, more...)), anywhere, accounts})
	}
	if errors.Is(err, errTooLong) {
		err = fmt.Errorf("%w: name fewer than %d accounts, and serve the others with another daemon", err, len(accounts))
	}
	return text, err
}

// oneOrAll is one text as it is, and several as a list.
func oneOrAll(texts []string) any {
	if len(texts) == 1 {
		return texts[0]
	}
	return texts
}

// Member is what the trust of the role depends on by which a daemon enters an account.
type Member struct {
	Hub          string // ARN of the role or user that the daemon runs as, with its path
	Organization string // id of the organisation of both accounts, such as o-a1b2c3d4e5
	ExternalID   string // that the daemon gives; "" for none
}

// MemberTrust renders the trust of the role by which a daemon enters an account: the
// daemon's own principal alone may assume it, as long as its account is in the
// organisation, and with the external id if there is one. It may bring the session tags of
// EKS Pod Identity and no others: they are tags of the principal in the member.
func MemberTrust(m Member) (string, error) {
	var errs []error
	if !IsPrincipal(m.Hub) {
		errs = append(errs, fmt.Errorf("%q is not the ARN of a role or user, with its path", m.Hub))
	}
	if !organizationForm.MatchString(m.Organization) {
		errs = append(errs, fmt.Errorf("%q is not the id of an organisation, such as o-a1b2c3d4e5", m.Organization))
	}
	if strings.ContainsAny(m.ExternalID, "*?$") {
		errs = append(errs, errors.New("the external id holds characters that AWS does not take"))
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("member trust: %w", err)
	}
	text, err := document("member-trust", m)
	if n := Length(text); err == nil && n > MaxTrust {
		return "", fmt.Errorf("member trust: %w: %d characters, and %d are allowed: choose a shorter external id", errTooLong, n, MaxTrust)
	}
	return text, err
}
