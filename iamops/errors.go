package iamops

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// Kind sorts failures by what a caller can do about them, those first in which
// there is most hope: what is missing may only be invisible, and what differs may
// be removed by its run.
type Kind int

const (
	// KindUnavailable: AWS could not be reached, throttles, has a fault of its
	// own, does not accept our credentials at present, or does not let us assume the
	// role of the account. The call may have taken effect. Try again.
	KindUnavailable Kind = iota
	// KindConflict: something else is changing the object. Try again.
	KindConflict
	// KindKept: AWS does not delete the object while something hangs on it, or
	// until it is visible that nothing does any more. Try again for a while.
	KindKept
	// KindNotFound: the object is not there, or not yet visible.
	KindNotFound
	// KindDiffers: an object of this run exists with other documents than those
	// asked for.
	KindDiffers
	// KindCut: the role carries the Deny of a revocation; it must not be used
	// again.
	KindCut
	// KindInvalid: the request cannot be carried out as it is: our own check
	// or AWS refuses the input.
	KindInvalid
	// KindBoundary: the permissions boundary does not exist, or is no policy that
	// can be one. A person has to put that right.
	KindBoundary
	// KindUser: the requester is no user in IAM Identity Center, or none whom a grant
	// can trust.
	KindUser
	// KindQuota: a quota of the account is used up.
	KindQuota
	// KindDenied: the daemon's own permissions do not allow the call.
	KindDenied
	// KindForeign: an object of that name exists and is not ours. It ranks last: it
	// is counted wherever it is met.
	KindForeign

	kindExists // internal: EntityAlreadyExists leads to adoption or one of the above
)

// Error is a failed operation on IAM or STS.
type Error struct {
	Op   string // what was attempted, for instance `create role "Permission-r_1"`
	Kind Kind
	Err  error // the cause
}

// Error says what was attempted and why it failed.
func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsKind reports whether err is, or wraps, an [Error] of that kind.
func IsKind(err error, k Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == k
}

// Temporary reports whether err asks to try the same again later. An error that
// is not an [Error] is not temporary.
func Temporary(err error) bool {
	return IsKind(err, KindUnavailable) || IsKind(err, KindConflict) || IsKind(err, KindKept)
}

// codes is the one table of AWS's error codes. A code that is not in it counts
// as KindUnavailable: it is tried again for a bounded time and then reported.
// Codes as on the wire, see the service models of IAM 2010-05-08, STS 2011-06-15
// and identitystore 2020-06-15, whose codes end in Exception.
var codes = map[string]Kind{
	"NoSuchEntity":        KindNotFound,
	"EntityAlreadyExists": kindExists,
	"LimitExceeded":       KindQuota,

	"ConcurrentModification":        KindConflict,
	"DeleteConflict":                KindKept,
	"EntityTemporarilyUnmodifiable": KindConflict,
	"InvalidInput":                  KindInvalid,
	"ValidationError":               KindInvalid,
	"MalformedPolicyDocument":       KindInvalid,
	"PolicyNotAttachable":           KindInvalid,
	"UnmodifiableEntity":            KindInvalid,
	"AccessDenied":                  KindDenied,
	"ServiceFailure":                KindUnavailable,
	"Throttling":                    KindUnavailable,
	"InternalFailure":               KindUnavailable,
	"ServiceUnavailable":            KindUnavailable,
	"ExpiredToken":                  KindUnavailable,
	"InvalidClientTokenId":          KindUnavailable,
	"SignatureDoesNotMatch":         KindUnavailable,
	"MissingAuthenticationToken":    KindUnavailable,
	"PackedPolicyTooLarge":          KindInvalid,

	"AccessDeniedException":       KindDenied,
	"InternalServerException":     KindUnavailable,
	"ExpiredTokenException":       KindUnavailable,
	"ResourceNotFoundException":   KindNotFound,
	"ThrottlingException":         KindUnavailable,
	"UnrecognizedClientException": KindUnavailable,
	"ValidationException":         KindInvalid,
}

// codeOf reduces the outcome of a call to a word fit for a label.
func codeOf(err error) string {
	if err == nil {
		return "ok"
	}
	a, answered := isAnswer(err)
	if !answered {
		return "no_answer"
	}
	if _, known := codes[a.ErrorCode()]; known {
		return a.ErrorCode()
	}
	return "other"
}

// wrap classifies the error of one SDK call; nil stays nil.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: fmt.Sprintf(format, args...), Kind: KindUnavailable, Err: err}
	if a, answered := isAnswer(err); answered {
		e.Kind, e.Err = codes[a.ErrorCode()], awsError{a}
	} else if away, ok := errors.AsType[*enterError](err); ok {
		e.Err = away
	}
	return e
}

// refused is a failure that we found ourselves.
func refused(k Kind, op string, format string, args ...any) error {
	return &Error{Op: op, Kind: k, Err: fmt.Errorf(format, args...)}
}

// answer marks an error as what AWS answered to this very call. What is not marked
// is trouble on the way to it. That may hold answers, too, which are not meant for
// the call: of whatever the credentials were asked from, such as an AssumeRole
// that is denied or throttled.
type answer struct {
	smithy.APIError
	err error
}

// Unwrap returns the SDK's error.
func (a answer) Unwrap() error { return a.err }

// asAnswer marks the error of an exchange with AWS if it is an answer.
func asAnswer(err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return answer{api, err}
	}
	return err
}

// isAnswer returns what AWS answered to the call that failed with err.
func isAnswer(err error) (answer, bool) { return errors.AsType[answer](err) }

// RejectedCredentials reports whether err is the answer of AWS to a call that it
// does not accept the credentials with which the call was signed. Where there were
// no credentials to sign with, because nobody gave us any or the role of another
// account could not be assumed, that is trouble that may pass.
func RejectedCredentials(err error) bool {
	a, answered := isAnswer(err)
	return answered && slices.Contains([]string{
		"ExpiredToken", "InvalidClientTokenId", "SignatureDoesNotMatch", "AccessDenied",
		"ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException", "AccessDeniedException",
	}, a.ErrorCode())
}

// awsError keeps the code and message of an API error and drops the SDK's
// repeated operation and request prefixes from the text.
type awsError struct{ answer }

func (e awsError) Error() string { return e.ErrorCode() + ": " + e.ErrorMessage() }
func (e awsError) Unwrap() error { return e.answer }

// Throttled reports whether err is AWS saying that there were too many requests, of a
// call or for a session in another account.
func Throttled(err error) bool {
	if e, ok := errors.AsType[*enterError](err); ok {
		return e.throttled
	}
	a, answered := isAnswer(err)
	return answered && strings.HasPrefix(a.ErrorCode(), "Throttl")
}
