package iamops_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/internal/standin"
)

// before runs f once, when the call has reached AWS and is not applied yet; f may
// make the same call itself. The test fails where there is no such call.
func (w *world) before(t *testing.T, op, name string, f func()) {
	t.Helper()
	var came atomic.Int64
	standin.MustMeet(t, "before "+op+" of "+name, 1, func() int { return int(came.Load()) })
	w.fake.OnCall(func(c iamtest.Call) {
		if !c.Done && c.Op == op && c.Name == name && came.Add(1) == 1 {
			f()
		}
	})
}

// TestOvertaken lets another instance do the whole of an operation just before
// each of its calls. Both succeed, and the result is that of one.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			calls, want := undisturbed(t, op)
			for _, call := range calls {
				t.Run(fmt.Sprintf("%s of %s", call.Op, call.Name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newFake(t, iamtest.Options{})
						p := w.plan(t)
						op.given(t, w, p)
						w.before(t, call.Op, call.Name, func() {
							if err := op.do(t.Context(), w.ops, p); err != nil {
								t.Errorf("the other instance: %v", err)
							}
						})
						noError(t, op.do(t.Context(), w.ops, p))
						same(t, "overtaken", want, w)
					})
				})
			}
		})
	}
}

// TestRemoveRaces lets another person add to a grant while it is being removed. AWS
// refuses then, we say so, and the next round finds what is new.
func TestRemoveRaces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		call string
		do   func(t *testing.T, w *world, p iamops.Plan) error
	}{
		{"an attachment", "DeleteRole", func(t *testing.T, w *world, p iamops.Plan) error {
			return w.attach(t, p.Name, "arn:aws:iam::123456789012:policy/Foreign")
		}},
		{"our policy attached again", "DeletePolicy", func(t *testing.T, w *world, p iamops.Plan) error {
			return w.attach(t, p.Name, p.PolicyARN)
		}},
		{"an inline policy", "DeleteRole", func(t *testing.T, w *world, p iamops.Plan) error {
			return w.putInline(t, p.Name, "by-hand")
		}},
		{"a version in use", "DeletePolicy", func(t *testing.T, w *world, p iamops.Plan) error {
			return w.addVersion(t, p.PolicyARN, true)
		}},
		{"a version not in use", "DeletePolicy", func(t *testing.T, w *world, p iamops.Plan) error {
			return w.addVersion(t, p.PolicyARN, false)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newFake(t, iamtest.Options{})
			p := w.plan(t)
			w.policy(t, "/", "Foreign")
			want := w.fake.Snapshot()
			w.grant(t, p)
			subject := map[string]string{"DeleteRole": p.Name, "DeletePolicy": p.PolicyARN}[tt.call]
			w.before(t, tt.call, subject, func() {
				if err := tt.do(t, w, p); err != nil {
					t.Errorf("by hand: %v", err)
				}
			})
			wantKind(t, "the first round", iamops.KindKept, revoke(t.Context(), w.ops, p))
			noError(t, revoke(t.Context(), w.ops, p))
			same(t, "removed", want, w)
		})
	}
}

// TestPolicyUsedElsewhere is a policy of ours that another person attached to a role of
// theirs. That role is not ours to change, so the policy stays until they let go
// of it, and we say so.
func TestPolicyUsedElsewhere(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	w.role(t, "theirs")
	want := w.fake.Snapshot()
	w.grant(t, p)
	noError(t, w.attach(t, "theirs", p.PolicyARN))
	for range 2 {
		err := revoke(t.Context(), w.ops, p)
		wantKind(t, "in use", iamops.KindKept, err)
		if !strings.Contains(err.Error(), "still attached to role theirs, which can use it until ") {
			t.Errorf("the error does not say what keeps the policy: %v", err)
		}
		if role := w.seenRole(t, "theirs"); len(role.Attached) != 1 || len(role.Inline) != 0 {
			t.Errorf("a role that is not ours was changed: %+v", role)
		}
	}
	noError(t, w.detach(t, "theirs", p.PolicyARN))
	noError(t, revoke(t.Context(), w.ops, p))
	same(t, "let go", want, w)
}

// TestForeignNextToUnread: that the role is foreign says nothing of the policy of
// that name; where that cannot be read, the look is not over.
func TestForeignNextToUnread(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.planOf(t, request())
	w.fake.AddRoleSession("/port-iam/", p.Name, "mallory")
	noError(t, w.ops.CreatePolicy(t.Context(), p))
	over := w.fake.Fault(iamtest.Fault{Op: "GetPolicy", Code: "AccessDenied", Status: http.StatusForbidden, Count: -1})
	_, err := w.ops.Look(t.Context(), p.Name)
	wantKind(t, "Look", iamops.KindForeign, err)
	over()
	over = w.fake.Fault(iamtest.Fault{Op: "GetPolicy", Code: "ExpiredToken", Status: http.StatusForbidden, Count: -1})
	_, err = w.ops.Look(t.Context(), p.Name)
	wantKind(t, "Look, the policy unread", iamops.KindUnavailable, err)
	over()
	live, err := w.ops.Look(t.Context(), p.Name)
	wantKind(t, "Look", iamops.KindForeign, err)
	if !live.Exists() || live.HasRole() {
		t.Errorf("what is ours: %+v", live)
	}
}

// TestNamesInOtherCase are objects whose names differ from ours in letter case
// alone, which is enough for AWS to call ours taken.
func TestNamesInOtherCase(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	g := request()
	p := w.planOf(t, g)
	g.RunID = "R_ABCDEF0123456789"
	other := w.planOf(t, g)
	w.grant(t, other)
	before := w.fake.Snapshot()
	wantKind(t, "CreateRole", iamops.KindForeign, w.ops.CreateRole(t.Context(), p))
	// A policy is found by its ARN, so there is nothing to look at; whether it
	// is not visible yet or another one, time tells.
	wantKind(t, "CreatePolicy", iamops.KindNotFound, w.ops.CreatePolicy(t.Context(), p))
	wantKind(t, "Verify", iamops.KindForeign, errOf(w.ops.Verify(t.Context(), p)))
	_, err := w.ops.Look(t.Context(), p.Name)
	wantKind(t, "Look", iamops.KindForeign, err)
	same(t, "other case", before, w)
}

// TestCopiedInOtherCase is a role that carries even our tags, under a name that
// is not quite ours.
func TestCopiedInOtherCase(t *testing.T) {
	t.Parallel()
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	noError(t, w.createRole(t, path, strings.ToUpper(p.Name), p.Tags))
	foreignRole(t, w, p)
}
