package iamops_test

import (
	"strings"
	"testing"

	"port-iam/iamops"
)

// foreignTags are tags that do not prove an object to be ours.
var foreignTags = []struct {
	name string
	tags func(ours map[string]string) map[string]string
}{
	{"no tags", func(map[string]string) map[string]string { return nil }},
	{"no managed-by", func(m map[string]string) map[string]string { return with(m, "port-iam-managed-by", "") }},
	{"other managed-by", func(m map[string]string) map[string]string { return with(m, "port-iam-managed-by", "terraform") }},
	{"no organization", func(m map[string]string) map[string]string { return with(m, "port-iam-org-id", "") }},
	{"other organization", func(m map[string]string) map[string]string { return with(m, "port-iam-org-id", "org_2") }},
	{"no run", func(m map[string]string) map[string]string { return with(m, "port-iam-run-id", "") }},
	{"other run", func(m map[string]string) map[string]string { return with(m, "port-iam-run-id", "r_other") }},
	{"run in other letter case", func(m map[string]string) map[string]string {
		return with(m, "port-iam-run-id", strings.ToLower(m["port-iam-run-id"]))
	}},
}

// testForeign checks that what is not proven to be ours is called foreign and
// stays as it is, whatever the daemon is asked to do.
func testForeign(t *testing.T, newWorld func(t *testing.T) *world) {
	for _, f := range foreignTags {
		t.Run("role/"+f.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.plan(t)
			noError(t, w.createRole(t, path, p.Name, f.tags(p.Tags)))
			foreignRole(t, w, p)
		})
		t.Run("policy/"+f.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.plan(t)
			_, err := w.createPolicy(t, path, p.Name, f.tags(p.Tags))
			noError(t, err)
			before := w.snapshot(t)
			wantKind(t, "CreatePolicy", iamops.KindForeign, w.ops.CreatePolicy(t.Context(), p))
			wantKind(t, "Verify", iamops.KindForeign, errOf(w.ops.Verify(t.Context(), p)))
			_, err = w.ops.Look(t.Context(), p.Name)
			wantKind(t, "Look", iamops.KindForeign, err)
			unchanged(t, "the daemon", before, w.snapshot(t))
		})
	}
	t.Run("role/other path", func(t *testing.T) {
		w := newWorld(t)
		p := w.plan(t)
		noError(t, w.createRole(t, "/elsewhere/", p.Name, p.Tags))
		foreignRole(t, w, p)
	})
	t.Run("role/path that begins like ours", func(t *testing.T) {
		w := newWorld(t)
		p := w.plan(t)
		noError(t, w.createRole(t, path+"more/", p.Name, p.Tags))
		foreignRole(t, w, p)
	})
	// One half that is foreign protects the other one too: who made a part of
	// this may have made all of it.
	t.Run("role beside our policy", func(t *testing.T) {
		w := newWorld(t)
		p := w.plan(t)
		noError(t, w.ops.CreatePolicy(t.Context(), p))
		noError(t, w.createRole(t, "/", p.Name, nil))
		foreignRole(t, w, p)
	})
}

func foreignRole(t *testing.T, w *world, p iamops.Plan) {
	t.Helper()
	before := w.snapshot(t)
	wantKind(t, "CreateRole", iamops.KindForeign, w.ops.CreateRole(t.Context(), p))
	wantKind(t, "Verify", iamops.KindForeign, errOf(w.ops.Verify(t.Context(), p)))
	_, err := w.ops.Look(t.Context(), p.Name)
	wantKind(t, "Look", iamops.KindForeign, err)
	unchanged(t, "the daemon", before, w.snapshot(t))
}
