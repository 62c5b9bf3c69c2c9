package iamops_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

func TestRightsAreComplete(t *testing.T) {
	t.Parallel()
	want := []string{"iam:TagPolicy", "iam:TagRole"}
	for m := range reflect.TypeFor[iamops.API]().Fields() {
		want = append(want, "iam:"+m.Name)
	}
	w := newFake(t, iamtest.Options{})
	var got, onBoundary []string
	for _, r := range w.ops.Rights() {
		if r.Resource == boundary {
			onBoundary = append(onBoundary, r.Actions...)
			continue
		}
		got = append(got, r.Actions...)
	}
	// What reads a boundary are two of the same calls.
	_, err := w.ops.Boundary(t.Context())
	noError(t, err)
	for _, c := range w.fake.Calls() {
		if !slices.Contains(onBoundary, "iam:"+c.Op) {
			t.Errorf("%s is called on the boundary, and not asked about", c.Op)
		}
	}
	if len(onBoundary) != len(w.fake.Calls()) {
		t.Errorf("%v is asked about the boundary, and %d calls are made", onBoundary, len(w.fake.Calls()))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls of the code and rights that are asked about (-code +rights):\n%s", diff)
	}
}

func TestSimulate(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	management, err := templates.ManagementPolicy(templates.Management{
		Place: templates.Place{Account: account, Partition: "aws", Path: path}, Boundary: boundary, Tags: map[string]string{"team": "platform"},
	})
	noError(t, err)
	const reading = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Create*"],"Resource":"*"}]}`
	for _, tc := range []struct {
		name, document string
		lacking        []string
	}{
		{"daemon", management, nil},
		{"reader", reading, []string{
			"iam:AttachRolePolicy", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole", "iam:DeleteRolePolicy",
			"iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:TagPolicy", "iam:TagRole",
		}},
	} {
		w.fake.AddUser(tc.name, tc.document)
		w.fake.AddRoleSession("/", tc.name+"-role", "session", tc.document)
		w.fake.AddRoleSession("/platform/", tc.name+"-below", "session", tc.document)
		for _, identity := range []string{
			"arn:aws:iam::" + account + ":user/" + tc.name,
			"arn:aws:sts::" + account + ":assumed-role/" + tc.name + "-role/session",
			"arn:aws:sts::" + account + ":assumed-role/" + tc.name + "-below/session",
		} {
			clients := newClients(t, w.config, nil)
			principal, err := clients.Principal(t.Context(), identity)
			noError(t, err)
			got, err := clients.Simulate(t.Context(), principal, w.ops.Rights())
			noError(t, err)
			if diff := cmp.Diff(tc.lacking, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", principal, diff)
			}
		}
	}
	if _, err := newClients(t, w.config, nil).Simulate(t.Context(), "arn:aws:iam::"+account+":user/nobody", w.ops.Rights()); !iamops.IsKind(err, iamops.KindNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

// testPrincipal checks that the role of a session is found, whatever its path.
func testPrincipal(t *testing.T, newWorld func(t *testing.T) *world) {
	w := newWorld(t)
	clients := w.clients(t, w.config)
	noError(t, w.createRole(t, "/", "plain", nil))
	noError(t, w.createRole(t, "/platform/tools/", "below", nil))
	of, in := "arn:aws:sts::"+w.account+":assumed-role/", "arn:aws:iam::"+w.account
	for _, tc := range []struct {
		identity, want string
		kind           iamops.Kind
	}{
		{of + "plain/session", in + ":role/plain", 0},
		{of + "below/session", in + ":role/platform/tools/below", 0},
		{of + "BELOW/i-0123456789abcdef0", in + ":role/platform/tools/below", 0},
		{of + "low/session", in + ":role/low", iamops.KindNotFound},
		{in + ":user/platform/port-iam", in + ":user/platform/port-iam", 0},
		{in + ":root", in + ":root", 0},
		{"arn:aws:sts::" + w.account + ":federated-user/alice", "arn:aws:sts::" + w.account + ":federated-user/alice", 0},
	} {
		got, err := clients.Principal(t.Context(), tc.identity)
		if got != tc.want {
			t.Errorf("%s: %s", tc.identity, got)
		}
		if tc.kind != 0 {
			wantKind(t, tc.identity, tc.kind, err)
		} else {
			noError(t, err)
		}
	}
}
