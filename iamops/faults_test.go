package iamops_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// trouble is one way in which a call can fail.
type trouble struct {
	name  string
	fault iamtest.Fault
	// retried: one such failure goes unnoticed, as the SDK tries again.
	retried bool
	kind    iamops.Kind // of the error, where it lasts
}

func refusal(code string, status int, retried bool, kind iamops.Kind) trouble {
	return trouble{code, iamtest.Fault{Kind: iamtest.Refused, Code: code, Status: status}, retried, kind}
}

var troubles = []trouble{
	{"lost answer", iamtest.Fault{Kind: iamtest.LostAnswer}, true, iamops.KindUnavailable},
	{"lost request", iamtest.Fault{Kind: iamtest.LostRequest}, true, iamops.KindUnavailable},
	refusal("Throttling", http.StatusBadRequest, true, iamops.KindUnavailable),
	refusal("ServiceFailure", http.StatusInternalServerError, true, iamops.KindUnavailable),
	refusal("ConcurrentModification", http.StatusConflict, true, iamops.KindConflict),
	refusal("EntityTemporarilyUnmodifiable", http.StatusConflict, true, iamops.KindConflict),
	refusal("DeleteConflict", http.StatusConflict, false, iamops.KindKept),
	refusal("InvalidClientTokenId", http.StatusForbidden, false, iamops.KindUnavailable),
	refusal("ExpiredToken", http.StatusForbidden, false, iamops.KindUnavailable),
	refusal("AccessDenied", http.StatusForbidden, false, iamops.KindDenied),
	refusal("LimitExceeded", http.StatusConflict, false, iamops.KindQuota),
	refusal("SomethingNew", http.StatusTeapot, false, iamops.KindUnavailable),
}

// TestFaults lets every call of every operation fail in every way, and checks
// that the operation says so, and ends when it is repeated where it would have
// ended at once. The calls are those of a run in which nothing fails.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			calls, want := undisturbed(t, op)
			for _, call := range calls {
				for _, tr := range troubles {
					t.Run(fmt.Sprintf("%s of %s/%s", call.Op, call.Name, tr.name), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							once(t, op, call, tr, want)
							lasting(t, op, call, tr, want)
						})
					})
				}
			}
		})
	}
}

// undisturbed returns the calls of an operation, each kind once, and what the
// account holds at the end.
func undisturbed(t *testing.T, op operation) (calls []iamtest.Call, want iamtest.Snapshot) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{})
		p := w.plan(t)
		op.given(t, w, p)
		w.fake.ResetCalls()
		noError(t, op.do(t.Context(), w.ops, p))
		for _, c := range w.fake.Calls() {
			c = iamtest.Call{Op: c.Op, Name: c.Name}
			if !slices.Contains(calls, c) {
				calls = append(calls, c)
			}
		}
		want = w.fake.Snapshot()
	})
	if len(calls) == 0 {
		t.Fatal("no calls: nothing would be tested")
	}
	return calls, want
}

// once meets the first such call only.
func once(t *testing.T, op operation, call iamtest.Call, tr trouble, want iamtest.Snapshot) {
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	op.given(t, w, p)
	tr.fault.Op, tr.fault.Name = call.Op, call.Name
	w.fake.Fault(tr.fault)
	err := op.do(t.Context(), w.ops, p)
	switch {
	case tr.retried && err != nil:
		t.Errorf("once: %v, want it to be tried again at once", err)
	case !tr.retried:
		wantKind(t, "once", tr.kind, err)
		noError(t, op.do(t.Context(), w.ops, p))
	}
	same(t, "once", want, w)
}

// lasting meets all such calls until it is over.
func lasting(t *testing.T, op operation, call iamtest.Call, tr trouble, want iamtest.Snapshot) {
	w := newFake(t, iamtest.Options{})
	p := w.plan(t)
	op.given(t, w, p)
	tr.fault.Op, tr.fault.Name, tr.fault.Count = call.Op, call.Name, -1
	over := w.fake.Fault(tr.fault)
	began := time.Now()
	wantKind(t, "lasting", tr.kind, op.do(t.Context(), w.ops, p))
	// Waiting for longer is the business of package grants, which also knows
	// whether it is still wanted.
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the operation took %v to give up", took)
	}
	over()
	noError(t, op.do(t.Context(), w.ops, p))
	same(t, "lasting", want, w)
}

// same checks that the account truly holds what it should, whenever it was made.
func same(t *testing.T, what string, want iamtest.Snapshot, w *world) {
	t.Helper()
	diff := cmp.Diff(want, w.fake.Snapshot(),
		cmpopts.IgnoreFields(iamtest.Role{}, "ID", "Created", "Shown"), cmpopts.IgnoreFields(iamtest.Policy{}, "ID", "Created", "Updated"),
		cmpopts.IgnoreFields(iamtest.PolicyVersion{}, "Created"), cmpopts.IgnoreUnexported(iamtest.Role{}, iamtest.Policy{}), cmpopts.EquateEmpty())
	if diff != "" {
		t.Errorf("%s: the account differs from the one without a fault (-want +got):\n%s", what, diff)
	}
}
