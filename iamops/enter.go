package iamops

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	// sessionName is that of the sessions in which we enter other accounts. Their
	// CloudTrail shows it.
	sessionName = "port-iam"
	// sessionLasts is how long a session lasts: AWS gives no more to a role that
	// assumes another.
	sessionLasts = time.Hour
	// renewBefore is how long before its end a session is renewed, and renewAgain how
	// long after a renewal that failed.
	renewBefore, renewAgain = 15 * time.Minute, 30 * time.Second
	// enterTries and enterTime are how often STS is asked for a session, and for how
	// long at most each time.
	enterTries, enterTime = 2, 4 * time.Second
	// doubtAfter is the age from which a session is dropped because AWS denies a call:
	// its role may have been made again. The rights of a younger one are those it has.
	doubtAfter = time.Minute
)

// RoleARN is the ARN of a role by its name, which may have a path before it, with or
// without its first slash.
func RoleARN(partition, account, role string) string {
	return "arn:" + partition + ":iam::" + account + ":role/" + strings.TrimPrefix(role, "/")
}

// BoundaryARN is the ARN of a permissions boundary in an account: that of a policy which
// is given by its name, as [RoleARN] takes one. An ARN, and "", stay as they are.
func BoundaryARN(partition, account, boundary string) string {
	if boundary == "" || strings.HasPrefix(boundary, "arn:") {
		return boundary
	}
	return "arn:" + partition + ":iam::" + account + ":policy/" + strings.TrimPrefix(boundary, "/")
}

// Enter makes the clients of another account, which is entered by assuming a role of it;
// externalID is "" where its trust asks for none. It calls nothing: the first call assumes
// the role. The session is renewed before it ends, and given up where AWS does not accept
// it any more. Metrics, clock and HTTP client are those of c; the limiter is not.
//
// A role that cannot be assumed is [KindUnavailable] for all calls, whatever AWS's
// reason: the error names the role and what to check.
func (c *Clients) Enter(roleARN, externalID string) *Clients {
	in := &sts.AssumeRoleInput{
		RoleArn: &roleARN, RoleSessionName: aws.String(sessionName), DurationSeconds: aws.Int32(int32(sessionLasts / time.Second)),
	}
	if externalID != "" {
		in.ExternalId = &externalID
	}
	tries := retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.RateLimiter = enterTries, ratelimit.None })
	s := &session{assume: func(ctx context.Context) (aws.Credentials, error) {
		out, err := c.sts.AssumeRole(ctx, in, func(o *sts.Options) {
			o.Retryer, o.HTTPClient = tries, bufferedClient{c.http, enterTime}
		})
		if err != nil || out.Credentials == nil {
			return aws.Credentials{}, newEnterError(roleARN, externalID != "", err)
		}
		return aws.Credentials{
			AccessKeyID: aws.ToString(out.Credentials.AccessKeyId), SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
			SessionToken: aws.ToString(out.Credentials.SessionToken), Source: sessionName,
		}, nil
	}}
	cfg := c.cfg.Copy()
	cfg.Credentials = s
	return newClients(cfg, c.common, s.enterFirst)
}

// enterError is that a role could not be assumed. What AWS said is not an [answer] in
// it: that was none to the call which the session was for.
type enterError struct {
	text      string
	throttled bool
	err       error
}

// Error names the role, and what to check.
func (e *enterError) Error() string { return e.text }

// Unwrap returns the cause.
func (e *enterError) Unwrap() error { return e.err }

// NotEntered reports whether a call was not made because the account could not be entered,
// for another reason than throttling.
func NotEntered(err error) bool {
	e, is := errors.AsType[*enterError](err)
	return is && !e.throttled
}

func newEnterError(role string, withID bool, err error) error {
	a, _ := arn.Parse(role)
	e := &enterError{throttled: Throttled(err), err: err}
	reason, remedy := "the answer holds no credentials", ""
	if err != nil {
		reason = err.Error()
	}
	if answer, answered := isAnswer(err); answered {
		reason, e.err = awsError{answer}.Error(), answer.Unwrap()
		if answer.ErrorCode() == "AccessDenied" {
			id := "asks for no external id"
			if withID {
				id = "asks for the external id of ACCOUNT_EXTERNAL_ID"
			}
			remedy = fmt.Sprintf(": check that the role exists, that its trust policy allows sts:AssumeRole to the daemon's own role and %s, "+
				"and that the daemon's own policy allows sts:AssumeRole on it (`port-iam print hub-policy`)", id)
		}
	}
	e.text = fmt.Sprintf("account %s cannot be entered: assume %s: %s%s", a.AccountID, role, reason, remedy)
	return e
}

// session is that of a role of another account. It is safe for concurrent use.
type session struct {
	assume func(context.Context) (aws.Credentials, error)

	mu    sync.Mutex
	last  aws.Credentials // without keys: none
	begun time.Time       // of last
	tried time.Time       // when the role was last to be assumed
	entry *entry          // nil where the role is not being assumed
}

// entry is one try to assume a role. All that have no session wait for it.
type entry struct {
	done  chan struct{} // closed when it has ended; the rest is known then
	creds aws.Credentials
	err   error
}

// Retrieve returns the session, and waits only where there is none. The role is assumed
// once for all, also where some of them give up waiting. It is part of aws.CredentialsProvider.
func (s *session) Retrieve(ctx context.Context) (aws.Credentials, error) {
	s.mu.Lock()
	age, creds := time.Since(s.begun), s.last
	valid := creds.HasKeys() && age < sessionLasts
	due := age >= sessionLasts-renewBefore && time.Since(s.tried) >= renewAgain
	if s.entry == nil && (due || !valid) {
		s.entry, s.tried = &entry{done: make(chan struct{})}, time.Now()
		go s.enter(context.WithoutCancel(ctx), s.entry)
	}
	e := s.entry
	s.mu.Unlock()
	if valid {
		return creds, nil
	}
	select {
	case <-e.done:
		return e.creds, e.err
	case <-ctx.Done():
		return aws.Credentials{}, &aws.RequestCanceledError{Err: ctx.Err()}
	}
}

// enter assumes the role.
func (s *session) enter(ctx context.Context, e *entry) {
	began := time.Now() // its end is an hour from when AWS makes it: not before this
	e.creds, e.err = s.assume(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.err == nil {
		s.last, s.begun = e.creds, began
	}
	s.entry = nil
	close(e.done)
}

// drop gives up the session with which a request was signed if AWS does not accept it.
func (s *session) drop(authorization string, err error) {
	if !RejectedCredentials(err) {
		return
	}
	a, _ := isAnswer(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.last.HasKeys() && strings.Contains(authorization, "Credential="+s.last.AccessKeyID+"/")
	if own && (codes[a.ErrorCode()] != KindDenied || time.Since(s.begun) >= doubtAfter) {
		s.last = aws.Credentials{}
	}
}

// enterFirst has calls enter the account before they wait for their turn, so that the
// limiter of the account counts only what IAM answers, and watches whether AWS accepts
// the session.
func (s *session) enterFirst(stack *middleware.Stack) error {
	first := middleware.FinalizeMiddlewareFunc("port-iam-enter",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if _, err := s.Retrieve(ctx); err != nil {
				return middleware.FinalizeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleFinalize(ctx, in)
		})
	watch := middleware.DeserializeMiddlewareFunc("port-iam-session",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleDeserialize(ctx, in)
			if r, ok := in.Request.(*smithyhttp.Request); ok {
				s.drop(r.Header.Get("Authorization"), asAnswer(err))
			}
			return out, meta, err
		})
	return errors.Join(stack.Finalize.Insert(first, "Retry", middleware.Before), stack.Deserialize.Add(watch, middleware.Before))
}
