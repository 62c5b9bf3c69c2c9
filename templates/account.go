package templates

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// grantNames are the names of all grants: package iamops puts the run's id
// behind the dash.
const grantNames = "Permission-*"

// Place says where grants are made.
type Place struct {
	Account   string // 12 digits
	Partition string // such as aws
	Path      string // of every role and policy, "/port-iam/"
}

var (
	boundaryARN   = regexp.MustCompile(`^arn:([^:]+):iam::([0-9]{12}|aws):policy(/[A-Za-z0-9.,+@=_-]+)+$`)
	principalARN  = regexp.MustCompile(`^arn:([^:]+):iam::([0-9]{12}):(role|user)(/[A-Za-z0-9.,+@=_-]+)+$`)
	servicePrefix = regexp.MustCompile(`^[a-z0-9-]+$`)
	actionPattern = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9*-]+$`)
)

// IsPrincipal reports whether s is the ARN of a role or user, with its path.
func IsPrincipal(s string) bool { return principalARN.MatchString(s) }

func (p Place) check() error {
	var errs []error
	if !IsAccount(p.Account) {
		errs = append(errs, fmt.Errorf("the account %q is not 12 digits", p.Account))
	}
	if !IsPartition(p.Partition) {
		errs = append(errs, fmt.Errorf("%q is not a partition of AWS, such as aws or aws-us-gov", p.Partition))
	}
	if !IsPath(p.Path) {
		errs = append(errs, fmt.Errorf("%q is not a path such as /port-iam/", p.Path))
	}
	return errors.Join(errs...)
}

// Roles is the pattern of the ARNs of all roles of grants.
func (p Place) Roles() string { return p.arn("role" + p.Path + grantNames) }

// Policies is the pattern of the ARNs of all policies of grants.
func (p Place) Policies() string { return p.arn("policy" + p.Path + grantNames) }

// RolesAnywhere is [Place.Roles] whatever the path.
func (p Place) RolesAnywhere() string { return p.arn("role/*" + grantNames) }

func (p Place) arn(resource string) string {
	return "arn:" + p.Partition + ":iam::" + p.Account + ":" + resource
}

// Management is what the policy of the daemon depends on.
type Management struct {
	Place
	Boundary string            // ARN of the permissions boundary of every role
	Role     string            // ARN of the role or user that the daemon is, so that it may ask what it may; "" for not
	Tags     map[string]string // further tags, on every role and policy
	// Hub says which other accounts the daemon enters. nil: none, or this is the policy
	// of a role by which it enters this account. Such a role assumes no other.
	Hub *Hub
}

// Enters are the patterns of the roles that the daemon may assume. [HubPolicy], which it
// needs for that, says which of them exactly.
func (m Management) Enters() []string {
	if m.Hub == nil {
		return nil
	}
	return m.Hub.patterns()
}

// ManagementPolicy renders the policy that the daemon needs in AWS, and no more:
// it makes bounded, tagged roles and tagged policies of grants, and removes them.
//
// Everything that can widen access is tied to the boundary. Removing is not, so
// that it still works on a role whose boundary was taken away. The daemon
// sets no boundary on what exists and never uses a grant itself, whatever other
// policies allow it.
//
// It reads the boundary, to refuse what that does not allow. With [Management.Role] it
// also asks IAM what that role may, which changes nothing.
//
// GetRole alone reaches beyond the path. AWS finds a role by its name, so it
// cannot know the path of one that is not there, and would answer AccessDenied
// where the daemon must hear that the role is gone; and a role that has taken
// the name under another path must be told from one that is missing.
func ManagementPolicy(m Management) (string, error) {
	err := m.check()
	found := boundaryARN.FindStringSubmatch(m.Boundary)
	switch {
	case m.Boundary == "":
		err = errors.Join(err, errors.New("without a permissions boundary the policy would be that of an administrator: who may make any policy and attach it may do anything"))
	case found == nil:
		err = errors.Join(err, fmt.Errorf("%q is not the ARN of a managed policy", m.Boundary))
	case found[1] != m.Partition || found[2] != m.Account && found[2] != "aws":
		err = errors.Join(err, fmt.Errorf("the boundary %s is not of account %s in partition %s", m.Boundary, m.Account, m.Partition))
	case strings.HasPrefix(m.Boundary, strings.TrimSuffix(m.Policies(), "*")):
		err = errors.Join(err, fmt.Errorf("the boundary %s has a name of grants, so the daemon could delete it and make another: choose a name that does not match %s", m.Boundary, m.Policies()))
	}
	if who := principalARN.FindStringSubmatch(m.Role); m.Role != "" && who == nil {
		err = errors.Join(err, fmt.Errorf("%q is not the ARN of a role or user, with its path", m.Role))
	} else if who != nil && (who[1] != m.Partition || who[2] != m.Account) {
		err = errors.Join(err, fmt.Errorf("%s is not of account %s in partition %s", m.Role, m.Account, m.Partition))
	}
	if m.Hub != nil {
		err = errors.Join(err, m.Hub.check())
	}
	for key, value := range m.Tags {
		if strings.ContainsAny(key+value, "*?$") {
			err = errors.Join(err, fmt.Errorf("the tag %s=%s holds characters that AWS does not take", key, value))
		}
	}
	if err != nil {
		return "", fmt.Errorf("management policy: %w", err)
	}
	text, err := document("management-policy", m)
	if errors.Is(err, errTooLong) && len(m.Tags) > 0 {
		err = fmt.Errorf("%w: fewer or shorter tags make it shorter", err)
	}
	return text, err
}

// Limits are what a permissions boundary allows at most.
type Limits struct {
	Account  string   // 12 digits
	Services []string // prefixes such as s3
	// Console are the actions of other services that AWS's console needs to show resources
	// of these; none where grants have no such lists.
	Console []string
	Never   []string // denied whatever the services say: prefixes, or actions such as ec2:RunInstances
}

// Boundary renders a permissions boundary for the roles of grants: the services,
// on resources of the account, what AWS's console needs in addition, and never what is
// in Never.
//
// A request that does not say whose the resource is passes: some actions of AWS
// do not, and the policy of the grant names the resource anyway.
func Boundary(l Limits) (string, error) {
	var errs []error
	if !IsAccount(l.Account) {
		errs = append(errs, fmt.Errorf("the account %q is not 12 digits", l.Account))
	}
	if len(l.Services) == 0 || len(l.Never) == 0 {
		errs = append(errs, errors.New("a boundary needs services that it allows, and something that it never does"))
	}
	allowed, denied := map[string]bool{}, map[string]bool{}
	for _, s := range l.Services {
		if !servicePrefix.MatchString(s) {
			errs = append(errs, fmt.Errorf("%q is not the prefix of a service, such as s3", s))
		}
		if slices.Contains(l.Never, s) {
			errs = append(errs, fmt.Errorf("%s is never granted", s))
		}
		allowed[s+":*"] = true
	}
	for _, n := range l.Never {
		if servicePrefix.MatchString(n) {
			n += ":*"
		}
		if !actionPattern.MatchString(n) {
			errs = append(errs, fmt.Errorf("%q is neither the prefix of a service nor an action", n))
		}
		denied[n] = true
	}
	for _, a := range l.Console {
		if !actionPattern.MatchString(a) || strings.Contains(a, "*") {
			errs = append(errs, fmt.Errorf("%q is not one action", a))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", fmt.Errorf("boundary: %w", err)
	}
	text, err := document("boundary", struct {
		Account                  string
		Allowed, Console, Denied []string
	}{l.Account, slices.Sorted(maps.Keys(allowed)), eachOnce(l.Console), slices.Sorted(maps.Keys(denied))})
	if errors.Is(err, errTooLong) {
		err = fmt.Errorf("%w: choose fewer services", err)
	}
	return text, err
}

var errTooLong = errors.New("longer than AWS takes")

// document renders what an account needs before the first grant, indented, and checks
// its length.
func document(name string, data any) (string, error) {
	t, _, err := parse(nil, name+".json")
	if err != nil {
		return "", err
	}
	text, err := render(t, data)
	if err != nil {
		return "", err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return "", err
	}
	if n := Length(string(text)); n > MaxPolicy {
		return "", fmt.Errorf("%s: %w: %d characters, and %d are allowed", name, errTooLong, n, MaxPolicy)
	}
	return indented.String() + "\n", nil
}
