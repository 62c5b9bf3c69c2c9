package iamops_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops"
)

// testLook checks what is told about what exists.
func testLook(t *testing.T, newWorld func(t *testing.T) *world) {
	type seen struct {
		RunID            string
		Exists, Complete bool
		End              time.Time
	}
	run, end := request().RunID, request().End
	tests := []struct {
		name  string
		given func(t *testing.T, w *world, p iamops.Plan)
		want  seen
	}{
		{"nothing", nothing, seen{RunID: run}},
		{"the policy", func(t *testing.T, w *world, p iamops.Plan) { noError(t, w.ops.CreatePolicy(t.Context(), p)) }, seen{run, true, false, end}},
		{"the role", func(t *testing.T, w *world, p iamops.Plan) { noError(t, w.ops.CreateRole(t.Context(), p)) }, seen{run, true, false, end}},
		{"both", func(t *testing.T, w *world, p iamops.Plan) { w.create(t, p) }, seen{run, true, true, end}},
		{"what others changed", crowded, seen{run, true, true, end}},
		{"until revoked", func(t *testing.T, w *world, _ iamops.Plan) {
			g := request()
			g.End = time.Time{}
			w.grant(t, w.planOf(t, g))
		}, seen{RunID: run, Exists: true, Complete: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.plan(t)
			tt.given(t, w, p)
			before := w.snapshot(t)
			state, err := w.ops.Look(t.Context(), p.Name)
			noError(t, err)
			got := seen{RunID: state.RunID, Exists: state.Exists(), Complete: state.Complete()}
			if end, ok := state.End(); ok {
				got.End = end
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || state.Name != p.Name {
				t.Errorf("%s (-want +got):\n%s", state.Name, diff)
			}
			unchanged(t, "Look", before, w.snapshot(t))
		})
	}
	_, err := newWorld(t).ops.Look(t.Context(), "Administrator")
	wantKind(t, "Look at what is no grant", iamops.KindInvalid, err)
}

// testCut checks that a cut leaves the role and nothing but the Deny is new.
func testCut(t *testing.T, newWorld func(t *testing.T) *world) {
	w := newWorld(t)
	p := w.plan(t)
	w.grant(t, p)
	want := w.snapshot(t)
	want.Roles[p.RoleARN].Inline["port-iam-revoked"] = `{"Version":"2012-10-17","Statement":[{"Sid":"Revoked","Effect":"Deny","Action":"*","Resource":"*"}]}`
	w.cut(t, p.Name)
	unchanged(t, "anything but the Deny in Cut", want, w.snapshot(t))

	// Gone between the look and the cut: nothing is left to cut.
	state, err := w.ops.Look(t.Context(), p.Name)
	noError(t, err)
	noError(t, remove(t.Context(), w.ops, state))
	wantKind(t, "Cut", iamops.KindNotFound, w.ops.Cut(t.Context(), state))
	noError(t, w.ops.Cut(t.Context(), iamops.Live{}))
}

// testRemove checks that nothing is left of a grant and that everything else is,
// and that a look of long ago does no harm.
func testRemove(t *testing.T, newWorld func(t *testing.T) *world) {
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			w := newWorld(t)
			p, neighbour := w.plan(t), request()
			neighbour.RunID = "r_other"
			w.grant(t, w.planOf(t, neighbour))
			op.given(t, w, p)
			want := w.snapshot(t)
			delete(want.Roles, p.RoleARN)
			delete(want.Policies, p.PolicyARN)

			state, err := w.ops.Look(t.Context(), p.Name)
			noError(t, err)
			noError(t, remove(t.Context(), w.ops, state))
			unchanged(t, "anything else than the grant in Remove", want, w.snapshot(t))
			noError(t, remove(t.Context(), w.ops, state))
			noError(t, remove(t.Context(), w.ops, iamops.Live{}))
			unchanged(t, "the second Remove", want, w.snapshot(t))
		})
	}
}
