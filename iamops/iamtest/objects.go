package iamtest

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Role is a role as it truly is, whatever reads still show.
type Role struct {
	ID, Path, Name, ARN, Description string
	// Trust is the trust policy, Boundary the ARN of the permissions boundary.
	Trust, Boundary string
	Tags            map[string]string
	// Attached are the ARNs of the managed policies, sorted; Inline the
	// documents of the inline ones by name.
	Attached   []string
	Inline     map[string]string
	MaxSession time.Duration
	Created    time.Time
	// Shown is when reads begin to show the role, by [Options].Now.
	Shown time.Time

	// trusted binds each user or role that Trust names to the unique id it had
	// then: a principal made again under the same name is not trusted.
	trusted map[string]string
}

// Policy is a managed policy as it truly is, whatever reads still show.
type Policy struct {
	ID, Path, Name, ARN, Description string
	Tags                             map[string]string
	Versions                         []PolicyVersion // oldest first
	Created, Updated                 time.Time

	versions int // made so far; numbers are not used twice
}

// PolicyVersion is one version of a managed policy.
type PolicyVersion struct {
	ID, Document string
	Default      bool
	Created      time.Time
}

// Snapshot is a copy of what an account truly holds, sorted by
// name and ARN.
type Snapshot struct {
	Roles    []Role
	Policies []Policy // those of AWS that were added included
}

// Snapshot copies the account's roles and policies.
func (s *Server) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	var snap Snapshot
	for r := range s.roles.eachTrue() {
		snap.Roles = append(snap.Roles, *r.clone())
	}
	for p := range s.policies.eachTrue() {
		snap.Policies = append(snap.Policies, *p.clone())
	}
	slices.SortFunc(snap.Roles, func(a, b Role) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(snap.Policies, func(a, b Policy) int { return strings.Compare(a.ARN, b.ARN) })
	return snap
}

func (r *Role) clone() *Role {
	c := *r
	c.Tags = maps.Clone(r.Tags)
	c.Attached = slices.Clone(r.Attached)
	c.Inline = maps.Clone(r.Inline)
	c.trusted = maps.Clone(r.trusted)
	return &c
}

func (p *Policy) clone() *Policy {
	c := *p
	c.Tags = maps.Clone(p.Tags)
	c.Versions = slices.Clone(p.Versions)
	return &c
}

// inUse returns the default version.
func (p *Policy) inUse() PolicyVersion {
	for _, v := range p.Versions {
		if v.Default {
			return v
		}
	}
	return PolicyVersion{}
}

// roleKey is how a role is found by name: without regard to case and path.
func roleKey(name string) string { return strings.ToLower(name) }

// policyKey is how a policy is found by ARN: by its account and its name without
// regard to case and path. Two ARNs may share it, so the ARN is compared too.
func policyKey(arn string) string {
	account, _, name := splitPolicyARN(arn)
	return account + "/" + strings.ToLower(name)
}

// splitPolicyARN takes arn:PARTITION:iam::ACCOUNT:policy/PATH/NAME apart; all
// parts are empty if it is not of that shape.
func splitPolicyARN(arn string) (account, path, name string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" {
		return "", "", ""
	}
	rest, ok := strings.CutPrefix(parts[5], "policy/")
	if !ok {
		return "", "", ""
	}
	slash := strings.LastIndex(rest, "/")
	return parts[4], "/" + rest[:slash+1], rest[slash+1:]
}
