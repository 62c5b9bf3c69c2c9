package setup

import (
	"context"
	"strings"

	"port-iam/port"
)

// Problem is something in Port that keeps the daemon from working.
type Problem struct {
	Why    string // names the field, and what was expected
	Remedy string
}

func (p Problem) String() string { return p.Why + ": " + p.Remedy }

const remedySetup = "run `port-iam setup`"

// Judge compares a blueprint or an action in Port with the one that setup would
// install, and changes nothing. It tells what keeps the daemon from working, and
// where nothing does, what else is worth knowing.
func Judge(ctx context.Context, portal *port.Client, want port.Object) (problems []Problem, notes []string, err error) {
	it, err := compare(ctx, portal, want, nil)
	if err != nil {
		return nil, nil, err
	}
	if !it.exists {
		remedy := remedySetup
		if it.kind != blueprint {
			remedy += ", or set " + setting(want) + " to the identifier that Port has"
		}
		return []Problem{{"Port has no " + it.name(), remedy}}, nil, nil
	}
	problems, notes = it.conflicts, append(it.doubts, it.notes...)
	for _, c := range it.changes {
		_, named := c.old.([]string) // accounts
		switch {
		case c.needed:
			problems = append(problems, c.problem())
		case !named && strings.HasPrefix(contextPath+".accounts", c.path):
			notes = append(notes, "it does not name an AWS account, so any daemon may take its runs: `port-iam setup` adds the account")
		default:
			notes = append(notes, "`port-iam setup` would change "+c.path)
		}
	}
	return problems, notes, nil
}

// problem is the change as what keeps the daemon from working.
func (c change) problem() Problem {
	must, is := "must be "+show(c.new), "is missing"
	if o, ok := c.new.(object); ok && !strings.HasPrefix(c.path, messagePath) { // a property, an input or a relation
		must = "must be of type " + show(o["type"])
		if o["target"] != nil {
			must = "must lead to " + show(o["target"])
		}
	}
	if c.old != nil {
		is = "is " + show(c.old)
	}
	return Problem{c.path + " " + is + " and " + must, remedySetup}
}
