package iamops_test

import (
	"testing"

	"port-iam/iamops/iamtest"
)

// TestRoleID: what makes a role, adopts it or looks at it gives the id that AWS gave it.
func TestRoleID(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	want, err := w.ops.Create(t.Context(), p)
	noError(t, err)
	if want == "" || want != w.fake.Snapshot().Roles[0].ID {
		t.Errorf("made with id %q", want)
	}
	for what, call := range map[string]func() (string, error){
		"create again": func() (string, error) { return w.ops.Create(t.Context(), p) },
		"verify":       func() (string, error) { return w.ops.Verify(t.Context(), p) },
		"look": func() (string, error) {
			live, err := w.ops.Look(t.Context(), p.Name)
			return live.RoleID(), err
		},
		"find": func() (string, error) {
			live, err := w.ops.Find(t.Context(), p.Name)
			return live.RoleID(), err
		},
	} {
		if got, err := call(); err != nil || got != want {
			t.Errorf("%s: id %q, %v; want %q", what, got, err, want)
		}
	}
}
