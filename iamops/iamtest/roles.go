package iamtest

import (
	"strings"
	"time"
)

// roleXML is a role in an answer.
type roleXML struct {
	Path, RoleName, RoleId, Arn, CreateDate string
	AssumeRolePolicyDocument                string
	Description                             string `xml:",omitempty"`
	MaxSessionDuration                      int
	PermissionsBoundary                     *boundaryXML `xml:",omitempty"`
	Tags                                    *list[tag]   `xml:",omitempty"`
}

type boundaryXML struct {
	PermissionsBoundaryType, PermissionsBoundaryArn string
}

type roleResult struct{ Role roleXML }

// brief is a role as ListRoles shows it: without tags and boundary.
func (r *Role) brief() roleXML {
	return roleXML{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.ARN, CreateDate: timestamp(r.Created),
		AssumeRolePolicyDocument: urlEncode(r.Trust), Description: r.Description,
		MaxSessionDuration: int(r.MaxSession / time.Second),
	}
}

func (r *Role) full() roleXML {
	x := r.brief()
	if r.Boundary != "" {
		x.PermissionsBoundary = &boundaryXML{"Policy", r.Boundary}
	}
	if len(r.Tags) > 0 {
		x.Tags = &list[tag]{sortedTags(r.Tags)}
	}
	return x
}

func noSuchRole(name string) error {
	return noSuchEntity("The role with name %s cannot be found.", name)
}

// roleToRead returns the role that a call names as reads show it.
func (s *Server) roleToRead(r *request) (*Role, error) {
	name := r.str("RoleName")
	if err := checkRoleName(name); err != nil {
		return nil, err
	}
	role := s.roles.seen(roleKey(name), s.shownAt())
	if role == nil {
		return nil, noSuchRole(name)
	}
	return role, nil
}

// roleToExtend returns a copy of the role that a call names, which must exist
// and be visible.
func (s *Server) roleToExtend(r *request) (*Role, error) {
	if _, err := s.roleToRead(r); err != nil {
		return nil, err
	}
	return s.roleToReduce(r)
}

// roleToReduce returns a copy of the role that a call names, visible or not.
func (s *Server) roleToReduce(r *request) (*Role, error) {
	name := r.str("RoleName")
	if err := checkRoleName(name); err != nil {
		return nil, err
	}
	role := s.roles.truth(roleKey(name))
	if role == nil {
		return nil, noSuchRole(name)
	}
	if reserved(role.Path) {
		return nil, unmodifiable("Cannot perform the operation on the protected role '%s'", role.Name)
	}
	return role.clone(), nil
}

func (s *Server) createRole(r *request) (any, error) {
	role := &Role{
		Name: r.str("RoleName"), Path: r.strOr("Path", "/"), Description: r.str("Description"),
		Trust: r.str("AssumeRolePolicyDocument"), Boundary: r.str("PermissionsBoundary"),
	}
	for _, err := range []error{checkRoleName(role.Name), checkRolePath(role.Path), checkDescription(role.Description)} {
		if err != nil {
			return nil, err
		}
	}
	seconds, err := r.number("MaxSessionDuration", defaultMaxSession, defaultMaxSession, longestSession)
	if err != nil {
		return nil, err
	}
	role.MaxSession = time.Duration(seconds) * time.Second
	if role.Tags, err = newTags(r, strings.EqualFold); err != nil {
		return nil, err
	}
	if s.roles.truth(roleKey(role.Name)) != nil {
		return nil, alreadyExists("Role with name %s already exists.", role.Name)
	}
	if role.trusted, err = s.checkTrust(role.Trust); err != nil {
		return nil, err
	}
	if role.Boundary != "" {
		if err := s.checkBoundary(role.Boundary); err != nil {
			return nil, err
		}
	}
	if s.roles.alive >= s.opts.MaxRoles {
		return nil, limitExceeded("Cannot exceed quota for RolesPerAccount: %d", s.opts.MaxRoles)
	}
	role.ID, role.ARN, role.Created = s.newID("AROA"), s.arn("role", role.Path, role.Name), s.created()
	s.setRole(role)
	return roleResult{role.full()}, nil
}

func (s *Server) getRole(r *request) (any, error) {
	role, err := s.roleToRead(r)
	if err != nil {
		return nil, err
	}
	return roleResult{role.full()}, nil
}

func (s *Server) listRoles(r *request) (any, error) {
	prefix := r.strOr("PathPrefix", "/")
	var found []roleXML
	for _, role := range s.roles.allSeen(s.shownAt()) {
		if strings.HasPrefix(role.Path, prefix) {
			found = append(found, role.brief())
		}
	}
	roles, rest, err := page(s, r, found, func(x roleXML) string { return roleKey(x.RoleName) })
	return struct {
		Roles list[roleXML]
		paging
	}{roles, rest}, err
}

func (s *Server) deleteRole(r *request) (any, error) {
	role, err := s.roleToReduce(r)
	if err != nil {
		return nil, err
	}
	states := []*Role{role}
	if seen := s.roles.seen(roleKey(role.Name), s.opts.Now()); seen != nil && seen.ID == role.ID {
		states = append(states, seen) // what is taken away still counts until that is visible
	}
	for _, state := range states {
		if len(state.Attached) > 0 {
			return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
		}
		if len(state.Inline) > 0 {
			return nil, deleteConflict("Cannot delete entity, must delete policies first.")
		}
	}
	s.removeRole(role.Name)
	return nil, nil
}

func (s *Server) updateAssumeRolePolicy(r *request) (any, error) {
	role, err := s.roleToExtend(r)
	if err != nil {
		return nil, err
	}
	role.Trust = r.str("PolicyDocument")
	if role.trusted, err = s.checkTrust(role.Trust); err != nil {
		return nil, err
	}
	s.setRole(role)
	return nil, nil
}

func (s *Server) listInstanceProfilesForRole(r *request) (any, error) {
	if _, err := s.roleToRead(r); err != nil {
		return nil, err
	}
	return struct {
		InstanceProfiles list[struct{}]
		paging
	}{}, nil
}
