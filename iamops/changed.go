package iamops

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"port-iam/templates"
)

// Changed says what about a grant is not as it was made by the settings, most
// likely because it was changed by hand. userName is that of the requester in
// AWS; "" where it is not known.
func (o *Ops) Changed(s Live, userName string) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if s.role != nil {
		if s.role.boundary != o.opts.Boundary {
			add("the boundary of the role is %q and not %q", s.role.boundary, o.opts.Boundary)
		}
		for _, name := range s.role.inline {
			if name != denyName {
				add("the role has the inline policy %q", name)
			}
		}
		for _, arn := range s.role.attached {
			if arn != o.policyARN(s.Name) {
				add("%s is attached to the role", arn)
			}
		}
		end, _ := s.End()
		if want := description(s.RunID, end); s.role.description != want {
			add("the description of the role is %q and not %q", s.role.description, want)
		}
		if want, known := s.madeMaxSession(); known && s.role.maxSession != want {
			add("the maximum session duration of the role is %s and not %s", s.role.maxSession, want)
		}
		if why := o.changedTrust(s, userName); why != "" {
			add("%s", why)
		}
	}
	if s.policy != nil && (len(s.policy.old) > 0 || s.policy.version != "v1") {
		add("the policy has version %s and %d others", s.policy.version, len(s.policy.old))
	}
	return append(append(out, changedTags(s)...), o.furtherTags(s)...)
}

// madeMaxSession is the maximum session duration with which the role was made; false where
// that cannot be told: without the policy, and of grants of earlier versions, whose roles
// have AWS's default of an hour.
func (s Live) madeMaxSession() (time.Duration, bool) {
	if !s.Complete() {
		return 0, false
	}
	begins, known := parsePolicyDescription(s.RunID, s.policy.description)
	end, _ := s.End()
	return maxSession(begins, end), known
}

// Requesters are the e-mails of the person who asked for the grant: what the tags
// of role and policy say, which is the same unless one was changed by hand.
func (s Live) Requesters() []string {
	var out []string
	if s.role != nil {
		out = append(out, s.role.tags[tagRequester])
	}
	if s.policy != nil {
		out = append(out, s.policy.tags[tagRequester])
	}
	return slices.DeleteFunc(slices.Compact(out), func(by string) bool { return by == "" })
}

// changedTags compares the tags of role and policy, which are made with the same.
func changedTags(s Live) []string {
	if !s.Complete() {
		return nil
	}
	all := maps.Clone(s.role.tags)
	maps.Copy(all, s.policy.tags)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		ofRole, onRole := s.role.tags[key]
		ofPolicy, onPolicy := s.policy.tags[key]
		switch {
		case !onPolicy:
			out = append(out, fmt.Sprintf("the role has the tag %s=%q, and the policy does not have it", key, ofRole))
		case !onRole:
			out = append(out, fmt.Sprintf("the policy has the tag %s=%q, and the role does not have it", key, ofPolicy))
		case ofRole != ofPolicy:
			out = append(out, fmt.Sprintf("the tag %s is %q on the role and %q on the policy", key, ofRole, ofPolicy))
		}
	}
	return out
}

// furtherTags names tags that neither port-iam nor the settings set: those of a role
// become tags of its sessions, and may open something.
func (o *Ops) furtherTags(s Live) []string {
	own := []string{tagManagedBy, tagOrgID, tagRunID, tagExpiresAt, tagRequester}
	var out []string
	further := func(of string, tags map[string]string) {
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			if set, known := o.opts.Tags[key]; !slices.Contains(own, key) && (!known || set != tags[key]) {
				out = append(out, fmt.Sprintf("the %s has the tag %s=%q, which the settings do not set", of, key, tags[key]))
			}
		}
	}
	if s.role != nil {
		further("role", s.role.tags)
	}
	if s.policy != nil {
		further("policy", s.policy.tags)
	}
	return out
}

// changedTrust says what about the trust policy of a role is not as it was made;
// "" where nothing is. It is compared as a whole where it can be worked out: what
// the built-in template makes of what the tags say and, where the user is not known, of
// the one whom it names. Of a template of one's own only the end of the grant is known.
func (o *Ops) changedTrust(s Live, userName string) string {
	end, _ := s.End()
	if o.opts.Templates.BuiltInTrust() {
		if userName == "" && o.opts.Trust != templates.TrustAccount {
			userName = trustedUser(s.role.trust)
		}
		want, err := o.opts.Templates.TrustPolicy(templates.Data{
			Account: o.opts.Account, Partition: o.opts.Partition, OrgID: o.opts.OrgID, RunID: s.RunID,
			Requester: s.Requester(), UserName: userName, Trust: o.opts.Trust, TrustAccounts: o.opts.TrustAccounts, End: rfc3339(end),
		})
		if err == nil && !sameJSON(want, s.role.trust) {
			return fmt.Sprintf("the trust policy of the role is %s and not %s", readable(s.role.trust), want)
		}
		return ""
	}
	if end.IsZero() {
		return ""
	}
	statements, err := parseStatements(s.role.trust)
	if err != nil || slices.ContainsFunc(statements, func(st statement) bool { return st.Effect == effectAllow && !st.endsAt(end) }) {
		return fmt.Sprintf("the trust policy of the role does not end at %s: %s", rfc3339(end), readable(s.role.trust))
	}
	return ""
}

// unknownUser stands for a user whose name is not known.
const unknownUser = "USER"

// trustedUser is the one user whom the trust policy of a role names, as the built-in
// template does.
func trustedUser(trust string) string {
	statements, err := parseStatements(trust)
	if err != nil || len(statements) != 1 {
		return unknownUser
	}
	var condition struct {
		StringLike, StringEquals map[string]oneOrMore[string]
	}
	if json.Unmarshal(statements[0].Condition, &condition) != nil {
		return unknownUser
	}
	names := slices.Concat(condition.StringLike["aws:userid"], condition.StringEquals["aws:username"])
	if len(names) != 1 || !IsSessionName(strings.TrimPrefix(names[0], "*:")) {
		return unknownUser
	}
	return strings.TrimPrefix(names[0], "*:")
}

// endsAt reports whether the statement has the condition that ends a grant.
func (s statement) endsAt(end time.Time) bool {
	var condition struct {
		DateLessThan map[string]oneOrMore[string]
	}
	if json.Unmarshal(s.Condition, &condition) != nil {
		return false
	}
	ends := condition.DateLessThan["aws:CurrentTime"]
	return len(ends) == 1 && ends[0] == rfc3339(end)
}

// readable is a document that IAM returned, for people.
func readable(document string) string {
	if text, err := plain(document); err == nil {
		return text
	}
	return document
}
