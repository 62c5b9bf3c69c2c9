package iamops

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
)

// maxAttempts bounds the quick retries of one call, which take some seconds. How
// long a run goes on after that is decided in package grants.
const maxAttempts = 8

// A throttled call is tried again soon: it waits for its turn anyway.
const (
	firstThrottleWait, maxThrottleWait = 100 * time.Millisecond, 400 * time.Millisecond
	firstWait, maxWait                 = 500 * time.Millisecond, 2 * time.Second
)

// newRetryer is the SDK's standard mode, and to its retryable codes added those
// by which IAM says that another change is under way. It has no quota of retries:
// with that, throttling of some calls would keep others from being tried again.
func newRetryer() aws.Retryer {
	r := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, err error) (time.Duration, error) {
			if Throttled(err) {
				return throttleWait(attempt), nil
			}
			return backoff(attempt, firstWait, maxWait), nil
		})
	})
	return retry.AddWithErrorCodes(r, "ConcurrentModification", "EntityTemporarilyUnmodifiable")
}

// throttleWait is how long to wait after so many attempts were throttled.
func throttleWait(attempts int) time.Duration {
	return backoff(attempts, firstThrottleWait, maxThrottleWait)
}

// backoff doubles from first to most, with jitter.
func backoff(attempts int, first, most time.Duration) time.Duration {
	d := min(most, first<<min(attempts-1, 10))
	return d/2 + rand.N(d/2+1)
}

// loneKey marks calls of which there is one at a time, whatever waits for it: see [lone].
type loneKey struct{}

// lone has a call wait for its turn as others do, and the limiter learn nothing from the
// answer. While all that waits waits for one call, the calls are few because there is only
// one, and not because AWS lets no more through.
func lone(ctx context.Context) context.Context { return context.WithValue(ctx, loneKey{}, true) }

func isLone(ctx context.Context) bool { return ctx.Value(loneKey{}) != nil }

// unpacedKey marks calls that do not wait for a turn.
type unpacedKey struct{}

// unpaced has a call sent at once, and the limiter not know of it: for the few that ask
// whether IAM answers.
func unpaced(ctx context.Context) context.Context { return context.WithValue(ctx, unpacedKey{}, true) }

// limit makes every attempt of a call wait for its turn.
func limit(l *limiter) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("port-iam-limit",
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				if ctx.Value(unpacedKey{}) != nil {
					return next.HandleFinalize(ctx, in)
				}
				done, err := l.wait(ctx)
				if err != nil {
					return middleware.FinalizeOutput{}, middleware.Metadata{}, &aws.RequestCanceledError{Err: err}
				}
				out, meta, err := next.HandleFinalize(ctx, in)
				_, refused := isAnswer(err)
				done((err == nil || refused) && !isLone(ctx), Throttled(err))
				return out, meta, err
			}), "Retry", middleware.After)
	}
}
