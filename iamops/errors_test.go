package iamops_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestErrors is the table of AWS's codes, each as the SDK reads it off the wire.
func TestErrors(t *testing.T) {
	t.Parallel()
	const internal iamops.Kind = -1 // none that a caller can ask for
	tests := []struct {
		code                           string
		status                         int
		kind                           iamops.Kind
		temporary, throttled, rejected bool
	}{
		{"NoSuchEntity", 404, iamops.KindNotFound, false, false, false},
		{"EntityAlreadyExists", 409, internal, false, false, false},
		{"LimitExceeded", 409, iamops.KindQuota, false, false, false},
		{"ConcurrentModification", 409, iamops.KindConflict, true, false, false},
		{"DeleteConflict", 409, iamops.KindKept, true, false, false},
		{"EntityTemporarilyUnmodifiable", 409, iamops.KindConflict, true, false, false},
		{"InvalidInput", 400, iamops.KindInvalid, false, false, false},
		{"ValidationError", 400, iamops.KindInvalid, false, false, false},
		{"MalformedPolicyDocument", 400, iamops.KindInvalid, false, false, false},
		{"PolicyNotAttachable", 400, iamops.KindInvalid, false, false, false},
		{"UnmodifiableEntity", 400, iamops.KindInvalid, false, false, false},
		{"PackedPolicyTooLarge", 400, iamops.KindInvalid, false, false, false},
		{"AccessDenied", 403, iamops.KindDenied, false, false, true},
		{"ServiceFailure", 500, iamops.KindUnavailable, true, false, false},
		{"InternalFailure", 500, iamops.KindUnavailable, true, false, false},
		{"ServiceUnavailable", 503, iamops.KindUnavailable, true, false, false},
		{"Throttling", 400, iamops.KindUnavailable, true, true, false},
		{"ThrottlingException", 400, iamops.KindUnavailable, true, true, false},
		{"ExpiredToken", 403, iamops.KindUnavailable, true, false, true},
		{"InvalidClientTokenId", 403, iamops.KindUnavailable, true, false, true},
		{"SignatureDoesNotMatch", 403, iamops.KindUnavailable, true, false, true},
		{"UnrecognizedClientException", 403, iamops.KindUnavailable, true, false, true},
		{"ExpiredTokenException", 403, iamops.KindUnavailable, true, false, true},
		{"InvalidSignatureException", 403, iamops.KindUnavailable, true, false, true},
		{"AccessDeniedException", 403, iamops.KindDenied, false, false, true},
		{"ResourceNotFoundException", 400, iamops.KindNotFound, false, false, false},
		{"ValidationException", 400, iamops.KindInvalid, false, false, false},
		{"InternalServerException", 500, iamops.KindUnavailable, true, false, false},
		{"MissingAuthenticationToken", 403, iamops.KindUnavailable, true, false, false},
		{"NeverHeardOf", 418, iamops.KindUnavailable, true, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				p := w.plan(t)
				w.fake.Fault(iamtest.Fault{Op: "AttachRolePolicy", Code: tt.code, Status: tt.status, Message: "as the test wants", Count: -1})
				err := w.ops.Attach(t.Context(), p)
				for kind := iamops.KindUnavailable; kind <= iamops.KindDenied; kind++ {
					if got := iamops.IsKind(err, kind); got != (kind == tt.kind) {
						t.Errorf("of kind %d: %v", kind, got)
					}
				}
				// Callers wrap errors; nothing may depend on their being bare.
				err = fmt.Errorf("grant: %w", err)
				if iamops.Temporary(err) != tt.temporary || iamops.Throttled(err) != tt.throttled || iamops.RejectedCredentials(err) != tt.rejected {
					t.Errorf("temporary %v, throttled %v, rejected %v", iamops.Temporary(err), iamops.Throttled(err), iamops.RejectedCredentials(err))
				}
				want := fmt.Sprintf("grant: attach policy to role %q: %s: as the test wants", p.Name, tt.code)
				if err.Error() != want {
					t.Errorf("%v, want %s", err, want)
				}
			})
		})
	}
}

// TestOtherErrors are those that no answer of AWS is behind.
func TestOtherErrors(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, errors.New("x")} {
		if iamops.Temporary(err) || iamops.Throttled(err) || iamops.RejectedCredentials(err) || iamops.IsKind(err, iamops.KindUnavailable) {
			t.Errorf("%v is something", err)
		}
	}
}

// TestNoSecret checks that no way of failing shows what the calls are signed
// with.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	for _, tr := range append(troubles, refusal("SignatureDoesNotMatch", http.StatusForbidden, false, iamops.KindUnavailable)) {
		t.Run(tr.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newFake(t, iamtest.Options{})
				p := w.plan(t)
				tr.fault.Count = -1
				w.fake.Fault(tr.fault)
				for _, op := range operations() {
					err := op.do(t.Context(), w.ops, p)
					if err == nil {
						t.Fatalf("%s: no error", op.name)
					}
					for _, hidden := range []string{secret, "Signature=", "Credential=", "AKIADAEMON"} {
						if strings.Contains(fmt.Sprintf("%v %+v", err, err), hidden) {
							t.Errorf("%s: %q in %v", op.name, hidden, err)
						}
					}
				}
			})
		})
	}
}
