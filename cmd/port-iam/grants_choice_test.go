package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port"
	"port-iam/port/porttest"
)

// edit changes the entity of a grant in Port, as people can: the requester, and
// where resource is false the relation to the resource is emptied.
func (w *operatorWorld) edit(name, requester string, resource bool) {
	w.t.Helper()
	e, _ := w.Port.Entity(grantBlueprint, name)
	properties, relations := e["properties"].(map[string]any), e["relations"].(map[string]any)
	properties["requester"] = requester
	if !resource {
		relations["aws_resource"] = nil
	}
	text, err := json.Marshal(map[string]any{"identifier": name, "title": name, "properties": properties, "relations": relations})
	w.must(err)
	w.Port.AddEntity(grantBlueprint, string(text))
}

// usable are the grants whose role has its policy and no Deny.
func (w *operatorWorld) usable() (names []string) {
	for _, r := range w.AWS.Snapshot().Roles {
		if len(r.Attached) > 0 && r.Inline["port-iam-revoked"] == "" {
			names = append(names, r.Name)
		}
	}
	return names
}

// TestIncompleteChoice: what can be read is revoked, whatever else cannot be; the
// command says what could not be read, and ends with 1.
func TestIncompleteChoice(t *testing.T) {
	for _, tc := range []struct {
		name     string
		portAway bool
		op       string // that AWS refuses for one of the grants, or at all
		all      bool
		route    string // that Port fails for one of the grants
	}{
		{name: "Port away", portAway: true},
		{name: "Port away, role", portAway: true, op: "GetRole"},
		{name: "Port away, attachments", portAway: true, op: "ListAttachedRolePolicies"},
		{name: "Port away, policy", portAway: true, op: "GetPolicy"},
		{name: "Port away, document", portAway: true, op: "GetPolicyVersion"},
		{name: "Port away, versions", portAway: true, op: "ListPolicyVersions"},
		{name: "role", op: "GetRole"},
		{name: "document", op: "GetPolicyVersion"},
		{name: "versions", op: "ListPolicyVersions"},
		{name: "list of roles", op: "ListRoles", all: true},
		{name: "list of policies", op: "ListPolicies", all: true},
		{name: "run", route: "run_get"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, way := range []string{"--requester " + alice, "--resource " + porttest.SampleBucket} {
				w := newOperatorWorld(t, map[string]string{"PORT_ORG_ID": demo.Org})
				readable, unreadable := w.grant(alice), w.grant(alice)
				w.edit(unreadable, bob, false) // only IAM says whose it is, and for what
				if tc.portAway {
					defer w.portAway()()
				}
				if tc.op != "" {
					of := unreadable
					if tc.all {
						of = ""
					} else if strings.Contains(tc.op, "Polic") && tc.op != "ListAttachedRolePolicies" {
						of = "arn:aws:iam::" + demo.Account + ":policy/port-iam/" + of
					}
					defer w.AWS.Fault(iamtest.Fault{Op: tc.op, Name: of, Code: "AccessDenied", Status: 403, Count: -1})()
				}
				says := unreadable
				if tc.route != "" {
					defer w.Port.Fault(porttest.Fault{Route: tc.route, ID: strings.TrimPrefix(unreadable, "Permission-"), Status: 422, Count: -1})()
				}
				if tc.all || tc.portAway && tc.op == "" {
					says = "the choice may not be complete"
				}
				wantCommand(t, 1, says, "grants revoke --yes "+way)
				if slices.Contains(w.usable(), readable) {
					t.Errorf("%s: %s can still be used", way, readable)
				}
				if tc.all && len(w.usable()) > 0 { // each can be read by itself
					t.Errorf("%s: %v can still be used", way, w.usable())
				}
			}
		})
	}
}

// TestChoiceBySources: what IAM says chooses a grant as what Port says does, and where
// they differ is told.
func TestChoiceBySources(t *testing.T) {
	const another = "arn:aws:s3:::another"
	w := newOperatorWorld(t, nil)
	hers := w.grant(alice)
	w.edit(hers, bob, false)
	out := wantCommand(t, 0, "", "grants list --closely")
	for _, part := range []string{`the requester is "bob@example.com" in Port, and "alice@example.com" in a tag of IAM`, "Port names no resource, and the policy names " + porttest.SampleBucket + "/*"} {
		if !strings.Contains(out, part) {
			t.Errorf("list lacks %q:\n%s", part, out)
		}
	}
	var g grantJSON
	w.must(json.Unmarshal([]byte(wantCommand(t, 0, "", "grants show --json "+hers)), &g))
	if g.State != "active" || len(g.Differences) != 2 {
		t.Errorf("%+v", g)
	}
	if out := wantCommand(t, 0, "", "grants show "+hers); strings.Count(out, "Port and IAM differ") != 2 {
		t.Errorf("%s", out)
	}
	wantCommand(t, 3, "no such grant", "grants revoke --yes --requester carol@example.com")
	wantCommand(t, 3, "no such grant", "grants revoke --yes --resource "+another)
	wantCommand(t, 3, "no such grant", "grants revoke --yes --resource "+strings.TrimSuffix(porttest.SampleBucket, "t"))
	for _, way := range []string{"--requester " + alice, "--requester BOB@example.com", "--resource " + porttest.SampleBucket, "--resource " + porttest.SampleBucket + "/"} {
		name := w.grant(alice)
		w.edit(name, bob, false)
		wantCommand(t, 0, "", "grants revoke --yes "+way)
		if slices.Contains(w.usable(), name) {
			t.Errorf("%s: it can still be used", way)
		}
	}
}

// TestChoiceCannotTell: where no tag says who asked, a grant is named and left, and
// the command ends with 1; unless the name that Port says could be no tag.
func TestChoiceCannotTell(t *testing.T) {
	const untaggable = "o'brien@example.com"
	w := newOperatorWorld(t, nil)
	his := w.makeFor(untaggable, "r_untagged", time.Now().Add(time.Hour), port.StatusSuccess)
	wantCommand(t, 3, "no such grant", "grants revoke --yes --requester "+alice)
	w.edit(his, bob, true)
	for _, asked := range []string{untaggable, alice} {
		wantCommand(t, 1, his+" (no tag says who asked for it)", "grants revoke --yes --requester "+asked)
	}
	hers := w.grant(alice)
	wantCommand(t, 1, "of 1 grant it cannot be told", "grants revoke --yes --requester "+alice)
	if got := w.usable(); !slices.Equal(got, []string{his}) {
		t.Errorf("usable: %v; hers is %s", got, hers)
	}
	wantCommand(t, 0, "", "grants revoke --yes --requester "+bob)
}

// TestLookedAt: each account has its share of close looks.
func TestLookedAt(t *testing.T) {
	t.Parallel()
	rows := func(counts ...int) (all []grants.Listing) {
		for i, n := range counts {
			all = append(all, slices.Repeat([]grants.Listing{{Account: strconv.Itoa(i)}}, n)...)
		}
		return all
	}
	for _, tc := range []struct {
		counts []int
		want   int
	}{{nil, 0}, {[]int{looked}, looked}, {[]int{looked + 1}, looked}, {[]int{looked, looked}, 2 * looked}, {[]int{looked + 1, 1}, looked + 1}} {
		if got := lookedAt(rows(tc.counts...)); got != tc.want {
			t.Errorf("%d of %v, want %d", got, tc.counts, tc.want)
		}
	}
}
