package main

import (
	"slices"
	"strings"
	"testing"

	"port-iam/port/porttest"
)

const (
	whoUses  = "who may use the actions"
	whoEdits = "who may edit the catalogue"
)

// TestCheckOpen: what everybody may do in Port is a warning, and never a failure.
func TestCheckOpen(t *testing.T) {
	const (
		toTeam   = `{"users":[],"roles":["Admin"],"teams":["dev"],"ownedByTeam":false}`
		toAll    = `{"users":[],"roles":["Admin","Member"],"teams":[],"ownedByTeam":false}`
		byAdmins = `{"users":[],"roles":["Admin"],"teams":[]}`
		notSelf  = `{"users":[],"roles":["Member"],"teams":[],"policy":{"queries":{"people":{"combinator":"and","rules":[]}},"conditions":[".trigger.user.email as $x | [.results.people.entities[].identifier | select(. != $x)]"]}}`
		loose    = `{"users":[],"roles":[],"teams":["dev"],"policy":{"queries":{"people":{"combinator":"and","rules":[]}},"conditions":["[.results.people.entities[].identifier]"]}}`
		required = `{"requiredApproval":true}`
		forTeams = "not every member may use the actions"
		may      = "every member of the organisation may "
		self     = "may approve an own request"
	)
	actions := func(execute, approve string) func(*checkWorld) {
		return func(w *checkWorld) {
			for _, id := range []string{"request_permissions", "revoke_permissions"} {
				w.Port.SetActionPermissions(id, `{"execute":`+execute+`,"approve":`+approve+`}`)
			}
		}
	}
	approved := func(then func(*checkWorld), steps ...string) func(*checkWorld) {
		return func(w *checkWorld) {
			for _, s := range steps {
				w.change(s, required)
			}
			then(w)
		}
	}
	blueprint := func(id, entities string) func(*checkWorld) {
		return func(w *checkWorld) { w.Port.SetBlueprintPermissions(id, `{"entities":`+entities+`}`) }
	}
	unread := func(route string, status int) func(*checkWorld) {
		return func(w *checkWorld) {
			actions(toTeam, byAdmins)(w)
			w.Port.Fault(porttest.Fault{Route: route, Status: status, Count: -1, RetryAfter: "3600"})
		}
	}
	for _, tt := range []struct {
		name, step   string
		change       func(*checkWorld)
		result, why  string
		remedy, lack string // lack: what the step does not say
	}{
		{"Port's default", whoUses, func(*checkWorld) {}, resultWarning, may + "execute request_permissions, execute revoke_permissions", "--execute-teams", self},
		{"teams", whoUses, actions(toTeam, byAdmins), resultOK, forTeams, "", may},
		{"everybody revokes", whoUses, func(w *checkWorld) {
			w.Port.SetActionPermissions("request_permissions", `{"execute":`+toTeam+`,"approve":`+byAdmins+`}`)
		}, resultWarning, may + "execute revoke_permissions", "--execute-teams", "request_permissions"},
		{"everybody approves", whoUses, approved(actions(toTeam, toAll), toRequest), resultWarning, may + "approve request_permissions", "--approve-teams", "approve revoke_permissions"},
		{"people approve for themselves", whoUses, approved(actions(toTeam, byAdmins), toRequest, toRevoke), resultWarning, "who approves request_permissions, revoke_permissions " + self, "docs/security.md", may},
		{"a policy against that", whoUses, approved(actions(toTeam, notSelf), toRequest), resultOK, "policies in Port, which are not judged, decide who may approve request_permissions", "", self},
		{"a policy that lets them", whoUses, approved(actions(toTeam, loose), toRequest), resultWarning, "who approves request_permissions " + self, "docs/security.md", may},
		{"may not read the permissions of actions", whoUses, unread("action_permissions_get", 403), resultSkipped, "HTTP 403", "", may},
		{"Port has no such route", whoUses, unread("action_permissions_get", 404), resultSkipped, "HTTP 404", "", may},
		{"Port away", whoUses, unread("action_permissions_get", 503), resultSkipped, "HTTP 503", "", may},
		{"may read one of them", whoUses, func(w *checkWorld) {
			w.Port.Fault(porttest.Fault{Route: "action_permissions_get", ID: "request_permissions", Status: 403})
		}, resultWarning, may + "execute revoke_permissions; read the permissions of action request_permissions: HTTP 403", "--execute-teams", ""},

		{"no people at all", whoUses, func(w *checkWorld) { w.Port.SetActionPermissions("request_permissions", `{}`) }, resultWarning, "permissions of action request_permissions: it is not an object of lists", "", ""},
		{"roles are no list", whoUses, func(w *checkWorld) {
			for _, id := range []string{"request_permissions", "revoke_permissions"} {
				w.Port.SetActionPermissions(id, `{"execute":{"roles":"Member"},"approve":{"roles":["Admin"]}}`)
			}
		}, resultSkipped, "roles is not a list", "", may},

		{"no entities", whoEdits, func(w *checkWorld) { w.Port.SetBlueprintPermissions("aws_resource", `{}`) }, resultSkipped, "entities is not an object", "", may},
		{"an odd part", whoEdits, blueprint("aws_resource", `{"register":"x","update":{"roles":["Member"]}}`), resultWarning, may + "update aws_resource", "take the role Member out", ""},
		{"a policy beside", whoEdits, blueprint("aws_resource", `{"update":{"roles":["Member"],"policy":{"conditions":[]}}}`), resultWarning, "not judged, decide who may update aws_resource", "take the role Member out", ""},
		{"Port's default", whoEdits, func(*checkWorld) {}, resultOK, "not every member may edit the catalogue", "", may},
		{"everybody registers", whoEdits, blueprint("iam_permissions", `{"register":{"roles":["Admin","Member"]},"update":{"roles":["Admin"]}}`), resultWarning, may + "register iam_permissions, and who edits these decides about access", "take the role Member out", "update iam_permissions"},
		{"everybody updates", whoEdits, blueprint("aws_resource", `{"update":{"roles":["Member"]}}`), resultWarning, may + "update aws_resource,", "take the role Member out", "register"},
		{"everybody deletes grants", whoEdits, blueprint("provisioned_permissions", `{"unregister":{"roles":["Member"]}}`), resultWarning, may + "unregister provisioned_permissions,", "take the role Member out", "update"},
		{"everybody updates a property", whoEdits, blueprint("aws_resource", `{"updateProperties":{"resource_type":{"roles":["Member"]}},"updateRelations":{"r":{"roles":["Admin"]}}}`), resultWarning, may + "update aws_resource.resource_type,", "take the role Member out", "aws_resource.r,"},
		{"owners update", whoEdits, blueprint("aws_resource", `{"update":{"roles":["Admin"],"users":["a@example.com"],"ownedByTeam":true}}`), resultOK, "not every member", "", may},
		{"may not read the permissions of blueprints", whoEdits, unread("blueprint_permissions_get", 403), resultSkipped, "HTTP 403", "", may},
	} {
		t.Run(tt.step+": "+tt.name, func(t *testing.T) {
			w := newCheckWorld(t)
			tt.change(w)
			code, steps, _ := w.check()
			s := steps[tt.step]
			if code != 0 || s.Result != tt.result || !strings.Contains(s.Why, tt.why) || !strings.Contains(s.Remedy, tt.remedy) {
				t.Errorf("exit code %d, %+v, want %s: %q, do %q", code, s, tt.result, tt.why, tt.remedy)
			}
			if tt.lack != "" && strings.Contains(s.Why, tt.lack) {
				t.Errorf("%q says %q", s.Why, tt.lack)
			}
			if n := writesOf(w.Port); n > 0 {
				t.Errorf("the check made %d writes", n)
			}
		})
	}
}

// TestCheckAfterRestricting: setup with teams takes the warning away, a table shows
// the other one, and without a login nothing is asked.
func TestCheckAfterRestricting(t *testing.T) {
	w := newCheckWorld(t)
	if out := wantCommandIn(w, 0, "check"); !strings.Contains(out, "warning  "+whoUses) || !strings.Contains(out, "do: name who may: `port-iam setup --execute-teams …`") {
		t.Errorf("%s", out)
	}
	wantCommandIn(w, 0, "setup --yes --account 123456789012 --execute-teams dev --require-approval=all --approve-teams sec")
	_, steps, _ := w.check()
	if s := steps[whoUses]; s.Result != resultWarning || strings.Contains(s.Why, "every member") || !strings.Contains(s.Why, "may approve an own request") {
		t.Errorf("%+v", s)
	}
	w.env["PORT_CLIENT_SECRET"] = "wrong"
	_, steps, _ = w.check()
	if got := results(steps, resultSkipped); !slices.Contains(got, whoUses) || !slices.Contains(got, whoEdits) {
		t.Errorf("skipped: %q", got)
	}
}

// wantCommandIn runs port-iam with the settings of that world.
func wantCommandIn(w *checkWorld, code int, args string) string {
	w.t.Helper()
	_, _ = readWith(w.t, w.env)
	return wantCommand(w.t, code, "", args)
}
