package setup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/internal/setup"
	"port-iam/port/porttest"
)

// restricted is what most of these tests install.
func restricted(t *testing.T, teams setup.Teams) setup.Desired {
	t.Helper()
	c := choice()
	c.Teams, c.Actions.ApproveGrants = teams, len(teams.Approve) > 0
	return want(t, c)
}

// may compares the permissions of an action with JSON.
func (w *world) may(t *testing.T, id, want string) {
	t.Helper()
	has(t, "permissions of "+id, w.ActionPermissions(id), true, want)
}

const (
	portsDefault = `{"execute":{"users":[],"roles":["Admin","Member"],"teams":[],"ownedByTeam":false},"approve":{"users":[],"roles":["Admin"],"teams":[]}}`
	requestID    = "request_permissions"
	revokeID     = "revoke_permissions"
	expireID     = "revoke_expired_permissions"
)

// Of new actions the teams are set right after each one is made.
func TestTeamsOfNewActions(t *testing.T) {
	w := newWorld(t)
	d := restricted(t, setup.Teams{Execute: []string{"sre", "dev"}, Approve: []string{"security"}})
	shown, progress := w.mustInstall(t, d)
	const both = `{"execute":{"users":[],"roles":["Admin"],"teams":["dev","sre"],"ownedByTeam":false},"approve":{"users":[],"roles":["Admin"],"teams":["security"]}}`
	w.may(t, requestID, both)
	w.may(t, revokeID, both)
	w.may(t, expireID, portsDefault)
	const plan = `+ action request_permissions
~ permissions of action request_permissions
    + execute.teams: "sre"
    + execute.teams: "dev"
    + approve.teams: "security"
  ? execute.roles: Member, which Port gives to a new action, is taken away right after the action is made; until then every member may execute it
+ action revoke_permissions
~ permissions of action revoke_permissions
    + execute.teams: "sre"
    + execute.teams: "dev"
    + approve.teams: "security"
  ? execute.roles: Member, which Port gives to a new action, is taken away right after the action is made; until then every member may execute it
  ? the action needs no approval, so who may approve is of no effect yet
+ automation revoke_expired_permissions
`
	if !strings.HasSuffix(shown, plan) {
		t.Errorf("the plan does not end with\n%s:\n%s", plan, shown)
	}
	if !strings.Contains(progress, "created action request_permissions\nupdated permissions of action request_permissions\ncreated action revoke_permissions\n") {
		t.Errorf("progress:\n%s", progress)
	}
	w.settled(t, d)
	w.settled(t, want(t, choice())) // without the flags who may is the customer's
	w.may(t, requestID, both)
}

// Without the flags nothing about people is read or written.
func TestNoTeams(t *testing.T) {
	w := newWorld(t)
	w.mustInstall(t, want(t, choice()))
	w.may(t, requestID, portsDefault)
	if n := w.CallCount("action_permissions_get") + w.CallCount("action_permissions_patch"); n > 0 {
		t.Errorf("%d calls about permissions", n)
	}
}

// What exists keeps people, teams and policies that the customer chose, and loses
// only the role that everybody has.
func TestTeamsOfExistingActions(t *testing.T) {
	const (
		policy = `{"queries":{"q":{"combinator":"and","rules":[{"property":"$blueprint","operator":"=","value":"_user"}]}},"conditions":["true"]}`
		rest   = `"approve":{"users":[],"roles":["Admin"],"teams":[]}`
	)
	toDev := setup.Teams{Execute: []string{"dev"}}
	for _, tt := range []struct {
		name      string
		has, want string
		teams     setup.Teams
		shown     []string // "!" before what is not
	}{
		{
			"Port's default", portsDefault, `{"execute":{"users":[],"roles":["Admin"],"teams":["dev"],"ownedByTeam":false},` + rest + `}`, toDev,
			[]string{`    ~ execute.roles: ["Admin","Member"] -> ["Admin"]`, `    + execute.teams: "dev"`},
		},
		{
			"restricted already", `{"execute":{"users":["a@example.com"],"roles":["aws_resource-moderator"],"teams":["sre"],"ownedByTeam":true},` + rest + `}`,
			`{"execute":{"users":["a@example.com"],"roles":["aws_resource-moderator"],"teams":["dev","sre"],"ownedByTeam":true},` + rest + `}`, toDev,
			[]string{`    + execute.teams: "dev"`, `  ? execute.teams: ["sre"] may do so as before`, `  ? execute.users: ["a@example.com"] may do so as before`, "!~ execute.roles"},
		},
		{
			"these teams already", `{"execute":{"users":[],"roles":[],"teams":["dev"],"ownedByTeam":false},` + rest + `}`,
			`{"execute":{"users":[],"roles":[],"teams":["dev"],"ownedByTeam":false},` + rest + `}`, toDev,
			[]string{"= permissions of action request_permissions", "!may do so"},
		},
		{
			"the team beside everybody", `{"execute":{"users":[],"roles":["member"],"teams":["dev"],"ownedByTeam":false},` + rest + `}`,
			`{"execute":{"users":[],"roles":[],"teams":["dev"],"ownedByTeam":false},` + rest + `}`, toDev,
			[]string{`    ~ execute.roles: ["member"] -> []`, "!+ execute"},
		},
		{
			"a policy", `{"execute":{"users":[],"roles":["Member"],"teams":[],"ownedByTeam":false,"policy":` + policy + `},"approve":{"users":[],"roles":[],"teams":[],"policy":` + policy + `}}`,
			`{"execute":{"users":[],"roles":[],"teams":["dev"],"ownedByTeam":false,"policy":` + policy + `},"approve":{"users":[],"roles":[],"teams":[],"policy":` + policy + `}}`, toDev,
			[]string{"  ? execute.policy decides alone who may do so, and stays", "!approve"},
		},
		{
			"approvers", portsDefault, `{"execute":{"users":[],"roles":["Admin","Member"],"teams":[],"ownedByTeam":false},"approve":{"users":[],"roles":["Admin"],"teams":["security"]}}`,
			setup.Teams{Approve: []string{"security"}},
			[]string{`    + approve.teams: "security"`, "!execute."},
		},
		{
			"what Port adds to its answer", `{"id":"x","execute":{"users":[],"roles":["Member"],"teams":[],"ownedByTeam":false,"policy":null,"seen":1},"approve":{"users":[],"roles":[],"teams":[],"ownedByTeam":false}}`,
			`{"id":"x","execute":{"users":[],"roles":[],"teams":["dev"],"ownedByTeam":false},"approve":{"users":[],"roles":[],"teams":[]}}`, toDev, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.GuideModel()
			d := restricted(t, tt.teams)
			w.mustInstall(t, want(t, choice()))
			w.SetActionPermissions(requestID, tt.has)
			w.SetActionPermissions(expireID, tt.has)
			shown, _ := w.mustInstall(t, d)
			for _, text := range tt.shown {
				text, absent := strings.CutPrefix(text, "!")
				part, _, _ := strings.Cut(shown[strings.Index(shown, "permissions of action request_permissions")-2:], " action revoke_permissions")
				if strings.Contains(part, text) == absent {
					t.Errorf("%q: shown %v in\n%s", text, !absent, part)
				}
			}
			w.may(t, requestID, tt.want)
			w.may(t, expireID, tt.has)
			w.settled(t, d)
		})
	}
}

// Teams cannot approve where nothing needs approval; an approval that the action has
// in Port counts.
func TestTeamsThatApproveNothing(t *testing.T) {
	w := newWorld(t)
	w.mustInstall(t, want(t, choice()))
	c := choice()
	c.Teams.Approve = []string{"security"}
	if _, _, err := w.install(t.Context(), want(t, c)); !errors.Is(err, setup.ErrNoApproval) {
		t.Errorf("got %v", err)
	}
	w.may(t, requestID, portsDefault)
	a, _ := w.Action(revokeID)
	body := object{}
	for name, v := range a {
		body[name] = v
	}
	body["requiredApproval"] = object{"type": "ANY"}
	if err := w.client.ReplaceAction(t.Context(), revokeID, body); err != nil {
		t.Fatal(err)
	}
	shown, _ := w.mustInstall(t, want(t, c))
	if strings.Count(shown, "needs no approval") != 1 {
		t.Errorf("%s", shown)
	}
	w.settled(t, want(t, c))
}

// A team that Port does not have is found before an action is made.
func TestUnknownTeam(t *testing.T) {
	w := newWorld(t)
	shown, _, err := w.install(t.Context(), restricted(t, setup.Teams{Execute: []string{"dev", "deb"}, Approve: []string{"security"}}))
	if err == nil || !strings.Contains(shown, `Port has no team "deb"`) || strings.Contains(shown, `no team "dev"`) {
		t.Errorf("%v\n%s", err, shown)
	}
	if _, made := w.Action(requestID); made {
		t.Error("the action was made")
	}
}

// Permissions that cannot be read are a conflict: to write them whole would lose what
// they hold.
func TestOddPermissions(t *testing.T) {
	for name, odd := range map[string]string{
		"no object": `{"execute":"x"}`, "roles": `{"execute":{"roles":"Member"}}`, "teams": `{"execute":{"roles":["Member"],"teams":{"dev":true}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mustInstall(t, want(t, choice()))
			w.SetActionPermissions(requestID, odd)
			shown, _, err := w.install(t.Context(), restricted(t, setup.Teams{Execute: []string{"dev"}}))
			if err == nil || !strings.Contains(shown, "execute: ") || !strings.Contains(shown, "as Port's API describes it") {
				t.Errorf("%v\n%s", err, shown)
			}
			w.may(t, requestID, odd)
		})
	}
}

// Whatever Port refuses about permissions is said, what was done stays, and another
// run does the rest.
func TestPermissionsRefused(t *testing.T) {
	d := restricted(t, setup.Teams{Execute: []string{"dev"}})
	for _, tt := range []struct {
		name    string
		fault   porttest.Fault
		existed bool
		want    string
	}{
		{"not allowed to set them", porttest.Fault{Route: "action_permissions_patch", Status: 403}, true, "set the permissions of action request_permissions: HTTP 403"},
		{"they do not exist", porttest.Fault{Route: "action_permissions_patch", Status: 404}, true, "HTTP 404"},
		{"no such team", porttest.Fault{Route: "action_permissions_patch", Status: 422}, true, "HTTP 422"},
		{"not allowed to read them", porttest.Fault{Route: "action_permissions_get", Status: 403}, true, "read the permissions of action request_permissions: HTTP 403"},
		{"not allowed to set those of a new action", porttest.Fault{Route: "action_permissions_patch", Status: 403}, false, "every member of the organisation may execute it"},
		{"not allowed to read those of a new action", porttest.Fault{Route: "action_permissions_get", Status: 404}, false, "every member of the organisation may execute it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.existed {
				w.mustInstall(t, want(t, choice()))
			}
			w.Fault(tt.fault)
			_, progress, err := w.install(t.Context(), d)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if _, made := w.Action(requestID); !made || strings.Contains(progress, "permissions of") || strings.Contains(progress, revokeID) {
				t.Errorf("action made: %v, progress:\n%s", made, progress)
			}
			w.may(t, requestID, portsDefault)
			w.mustInstall(t, d)
			w.settled(t, d)
		})
	}
}

// What changed in Port after the plan was shown stays.
func TestPermissionsAreReadAgain(t *testing.T) {
	w := newWorld(t)
	w.mustInstall(t, want(t, choice()))
	w.before(t, "action_permissions_patch", func() {}) // there is one
	d := restricted(t, setup.Teams{Execute: []string{"dev"}})
	plan, err := setup.Compare(t.Context(), w.client, d)
	if err != nil {
		t.Fatal(err)
	}
	w.SetActionPermissions(requestID, `{"execute":{"users":["late@example.com"],"roles":["Member"],"teams":[],"ownedByTeam":false},"approve":{"users":[],"roles":[],"teams":[]}}`)
	var progress strings.Builder
	if err := plan.Apply(t.Context(), &progress); err != nil {
		t.Fatal(err)
	}
	w.may(t, requestID, `{"execute":{"users":["late@example.com"],"roles":[],"teams":["dev"],"ownedByTeam":false},"approve":{"users":[],"roles":[],"teams":[]}}`)
}

func TestOpenness(t *testing.T) {
	who := func(roles, policy string) string {
		return `{"users":[],"roles":[` + roles + `],"teams":["t"]` + policy + `}`
	}
	policy := func(condition string) string {
		return `,"policy":{"queries":{"approvingUsers":{"combinator":"and","rules":[]}},"conditions":["` + condition + `"]}`
	}
	const notSelf = `.trigger.user.email as $asked | [.results.approvingUsers.entities[] | .identifier | select(. != $asked)]`
	for _, tt := range []struct {
		name             string
		execute, approve string
		approval         bool
		want             setup.Openness
	}{
		{"Port's default", who(`"Admin","Member"`, ""), who(`"Admin"`, ""), false, setup.Openness{All: []string{"execute request_permissions"}}},
		{"teams", who(`"Admin"`, ""), who(`"Member"`, ""), false, setup.Openness{}},
		{"a policy for who asks", who(`"Member"`, policy("true")), who("", ""), false, setup.Openness{Unjudged: []string{"execute request_permissions"}}},
		{"everybody approves", who("", ""), who(`"member"`, ""), true, setup.Openness{All: []string{"approve request_permissions"}, Self: []string{requestID}}},
		{"a team approves", who("", ""), who("", ""), true, setup.Openness{Self: []string{requestID}}},
		{"a policy against self-approval", who("", ""), who(`"Member"`, policy(notSelf)), true, setup.Openness{Unjudged: []string{"approve request_permissions"}}},
		{"a policy that does not know who asked", who("", ""), who("", policy("[.results.users.entities[].identifier]")), true, setup.Openness{Self: []string{requestID}}},
		{"a policy about users that does not either", who("", ""), who("", policy("[.results.trigger.entities[].properties.user]")), true, setup.Openness{Self: []string{requestID}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			c := choice()
			c.Actions.ApproveGrants = tt.approval
			w.mustInstall(t, want(t, c))
			w.SetActionPermissions(requestID, `{"execute":`+tt.execute+`,"approve":`+tt.approve+`}`)
			got, err := setup.OpenAction(t.Context(), w.client, requestID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpennessOfBlueprints(t *testing.T) {
	w := newWorld(t)
	w.GuideModel()
	got, err := setup.OpenBlueprint(t.Context(), w.client, "aws_resource")
	if err != nil || !cmp.Equal(setup.Openness{}, got) {
		t.Errorf("Port's default: %v %v", got, err)
	}
	w.SetBlueprintPermissions("aws_resource", `{"entities":{"read":{"roles":["Member"]},"register":{"roles":["Admin","Member"]},"unregister":{"roles":["Admin"],"policy":{"rules":[]}},
		"update":{"roles":["Member"],"users":[]},"updateProperties":{"tags":{"roles":["Member"]},"$title":{"roles":["Admin"]}},"updateRelations":{"owner":{"roles":["member"]}}}}`)
	got, err = setup.OpenBlueprint(t.Context(), w.client, "aws_resource")
	want := setup.Openness{
		All:      []string{"register aws_resource", "update aws_resource"}, // each property goes without saying
		Unjudged: []string{"unregister aws_resource"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	w.SetBlueprintPermissions("aws_resource", `{"entities":{"update":{"roles":["Admin"]},"updateProperties":{"tags":{"roles":["Member"]},"$title":{"roles":["Admin"]}},
		"updateRelations":{"owner":{"roles":["member"]}}}}`)
	got, err = setup.OpenBlueprint(t.Context(), w.client, "aws_resource")
	want = setup.Openness{All: []string{"update aws_resource.tags", "update aws_resource.owner"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
