package catalogue

import (
	"fmt"
	"strings"
)

// maxAction is the longest action that IAM takes, from the model of its API
// (ActionNameType).
const maxAction = 128

// splitAction takes the name of an action apart: letters, digits and "-" on both sides of
// a ":".
func splitAction(text string) (prefix, name string, ok bool) {
	prefix, name, ok = strings.Cut(text, ":")
	other := func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	return prefix, name, ok && prefix != "" && name != "" && strings.IndexFunc(prefix, other) < 0 && strings.IndexFunc(name, other) < 0
}

// grantable looks an action up and applies the rules that do not depend on the
// resource. Either the action or the refusal is nil.
func (c *Catalogue) grantable(name string, rules Rules) (*service, *action, *Refusal, error) {
	refuse := func(reason Reason, message string, args ...any) (*service, *action, *Refusal, error) {
		return nil, nil, &Refusal{Reason: reason, Action: name, message: said(fmt.Sprintf(message, args...))}, nil
	}
	if len(name) > maxAction {
		return refuse(UnknownAction, "%q… is longer than any IAM action", name[:maxAction])
	}
	given, rest, ok := splitAction(name)
	if !ok {
		return refuse(UnknownAction, "%q is not one IAM action such as s3:PutObject, without wildcards", name)
	}
	if why := deniedAlways(name); why != "" {
		return refuse(DeniedAction, "%s is never granted: %s", name, why)
	}
	prefix := strings.ToLower(given)
	s, err := c.service(prefix)
	if err != nil {
		return nil, nil, nil, err
	}
	if s == nil {
		return nil, nil, &Refusal{Reason: UnknownAction, Action: name, message: func() string {
			return fmt.Sprintf("%s: AWS has no service %q%s", name, given, c.unknown(nil, prefix, rest))
		}}, nil
	}
	a := s.find(rest)
	if a == nil {
		return nil, nil, &Refusal{Reason: UnknownAction, Action: name, message: func() string {
			return fmt.Sprintf("%s is not an IAM action%s", name, c.unknown(s, prefix, rest))
		}}, nil
	}
	full := s.prefix + ":" + a.name
	if p := matching(rules.Deny, full); p != "" {
		return refuse(DeniedAction, "%s is refused here: the operator denies %s", full, p)
	}
	if a.level == Permissions && matching(rules.Allow, full) == "" {
		level := fmt.Sprintf(" (access level %s)", Permissions)
		if matching(sharing, full) != "" {
			level = "" // AWS calls it by another
		}
		return refuse(DeniedAction, "%s changes who has access%s, and that would outlast the grant: it is refused unless the operator allows it", full, level)
	}
	return s, a, nil, nil
}
