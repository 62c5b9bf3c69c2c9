package iamops

import (
	"slices"
	"time"
)

// Live is what exists of a grant at the moment of looking, see [Ops.Look].
type Live struct {
	Name   string
	RunID  string
	role   *liveRole   // nil: there is none that is ours
	policy *livePolicy // likewise
}

type liveRole struct {
	name, id, path, boundary, description, trust string
	maxSession                                   time.Duration // of sessions of the role
	tags                                         map[string]string
	inline, attached                             []string // names; ARNs
}

type livePolicy struct {
	arn, id, version string // id is AWS's: another policy of the same ARN has another one
	description      string
	tags             map[string]string
	old              []string // versions that are not the default
}

// Exists reports whether a role or a policy is there.
func (s Live) Exists() bool { return s.role != nil || s.policy != nil }

// HasRole reports whether the role is there.
func (s Live) HasRole() bool { return s.role != nil }

// HasPolicy reports whether the policy is there.
func (s Live) HasPolicy() bool { return s.policy != nil }

// RoleID is AWS's id of the role, AROA…: another role of the same name has another one.
// "": there is no role.
func (s Live) RoleID() string {
	if s.role == nil {
		return ""
	}
	return s.role.id
}

// Complete reports whether both role and policy are there.
func (s Live) Complete() bool { return s.role != nil && s.policy != nil }

// Attached reports whether the policy is attached to the role, so that the grant
// can be used unless it is cut.
func (s Live) Attached() bool {
	return s.Complete() && slices.Contains(s.role.attached, s.policy.arn)
}

// Extras names the policies that lists show on the role, but for the Deny of
// [Ops.Cut].
func (s Live) Extras() []string {
	if s.role == nil {
		return nil
	}
	names := slices.Clone(s.role.attached)
	for _, name := range s.role.inline {
		if name != denyName {
			names = append(names, "the inline policy "+name)
		}
	}
	return names
}

// IsCut reports whether the role carries the Deny of [Ops.Cut]: its removal has
// begun.
func (s Live) IsCut() bool { return s.role != nil && s.role.isCut() }

func (r *liveRole) isCut() bool { return slices.Contains(r.inline, denyName) }

// End is when the grant ends; false when it lasts until revoked or the tag
// cannot be read.
func (s Live) End() (time.Time, bool) {
	end, err := time.Parse(time.RFC3339, s.tag(tagExpiresAt))
	return end, err == nil
}

// Trust is the trust policy of the role, as IAM has it; "" where there is no role.
func (s Live) Trust() string {
	if s.role == nil {
		return ""
	}
	return readable(s.role.trust)
}

// Versions are those of the policy, the one in use first.
func (s Live) Versions() []string {
	if s.policy == nil {
		return nil
	}
	return append([]string{s.policy.version}, s.policy.old...)
}

// Requester is the e-mail of the person who asked for the grant; "" where no tag
// says so.
func (s Live) Requester() string { return s.tag(tagRequester) }

// tag is the value of a tag of the role, or of the policy where there is no role.
func (s Live) tag(key string) string {
	switch {
	case s.role != nil:
		return s.role.tags[key]
	case s.policy != nil:
		return s.policy.tags[key]
	}
	return ""
}
