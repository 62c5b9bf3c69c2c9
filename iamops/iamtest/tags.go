package iamtest

import (
	"maps"
	"slices"
	"strings"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func sortedTags(tags map[string]string) []tag {
	var all []tag
	for _, k := range sortedKeys(tags) {
		all = append(all, tag{k, tags[k]})
	}
	return all
}

// exactly compares tag keys of policies; those of roles ignore case.
func exactly(a, b string) bool { return a == b }

// newTags returns the tags of a request that makes an object.
func newTags(r *request, same func(a, b string) bool) (map[string]string, error) {
	return addTags(r, nil, same)
}

// addTags returns tags with those of a request added; same says when two keys
// are one, and the last spelling is kept.
func addTags(r *request, tags map[string]string, same func(a, b string) bool) (map[string]string, error) {
	added, err := r.tags()
	if err != nil {
		return nil, err
	}
	all := maps.Clone(tags)
	if all == nil {
		all = map[string]string{}
	}
	for i, t := range added {
		if slices.ContainsFunc(added[:i], func(o tag) bool { return same(o.Key, t.Key) }) {
			return nil, invalidInput("Duplicate tag keys found: %s.", t.Key)
		}
		maps.DeleteFunc(all, func(k, _ string) bool { return same(k, t.Key) })
		all[t.Key] = t.Value
	}
	if len(all) > maxTags {
		return nil, limitExceeded("The number of tags has reached the maximum limit: %d", maxTags)
	}
	return all, nil
}

type tagsResult struct {
	Tags list[tag]
	paging
}

func (s *Server) tagPage(r *request, tags map[string]string) (any, error) {
	members, rest, err := page(s, r, sortedTags(tags), func(t tag) string { return t.Key })
	return tagsResult{members, rest}, err
}

func (s *Server) listRoleTags(r *request) (any, error) {
	role, err := s.roleToRead(r)
	if err != nil {
		return nil, err
	}
	return s.tagPage(r, role.Tags)
}

func (s *Server) tagRole(r *request) (any, error) {
	role, err := s.roleToExtend(r)
	if err != nil {
		return nil, err
	}
	if role.Tags, err = addTags(r, role.Tags, strings.EqualFold); err != nil {
		return nil, err
	}
	s.setRole(role)
	return nil, nil
}

func (s *Server) listPolicyTags(r *request) (any, error) {
	policy, err := s.policyToRead(r)
	if err != nil {
		return nil, err
	}
	return s.tagPage(r, policy.Tags)
}

func (s *Server) tagPolicy(r *request) (any, error) {
	policy, err := s.policyToExtend(r)
	if err != nil {
		return nil, err
	}
	if policy.Tags, err = addTags(r, policy.Tags, exactly); err != nil {
		return nil, err
	}
	s.setPolicy(policy)
	return nil, nil
}
