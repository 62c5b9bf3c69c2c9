package iamops

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

const (
	// maxAttempts bounds the quick retries of one call; the SDK waits between
	// them. How long a run goes on after that is decided in package grants.
	maxAttempts = 5
	maxBackoff  = 5 * time.Second
	// tokenWait is the time between two looks at the SDK's rate limit.
	tokenWait = 20 * time.Millisecond
)

// newRetryer is the SDK's adaptive mode, and to its retryable codes added those
// by which IAM says that another change is under way.
func newRetryer() aws.Retryer {
	quota := ratelimit.NewTokenRateLimit(retry.DefaultRetryRateTokens)
	r := retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.FailOnNoAttemptTokens = true // we wait, see pacedRetryer
		o.StandardOptions = append(o.StandardOptions, func(s *retry.StandardOptions) {
			s.MaxAttempts = maxAttempts
			s.MaxBackoff = maxBackoff
			s.RateLimiter = quota
		})
	})
	return retry.AddWithErrorCodes(pacedRetryer{r, quota}, "ConcurrentModification", "EntityTemporarilyUnmodifiable")
}

// pacedRetryer waits for its turn when the SDK has slowed down after throttling.
// The SDK would wait itself, for a time that it rounds down, to nothing at last:
// it spins, and never ends in a test whose clock moves only while all goroutines
// wait.
//
// It also gives the quota of retries a token back for each call that succeeds.
// The SDK does so in its standard mode only: here a few outages would use the
// quota up, and nothing would be retried again for the life of the process.
type pacedRetryer struct {
	aws.RetryerV2
	quota *ratelimit.TokenRateLimit
}

// GetAttemptToken waits until the rate limit lets a call pass, or ctx ends.
func (p pacedRetryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	tick := time.NewTicker(tokenWait)
	defer tick.Stop()
	for {
		// Its one error is that there is no token at this moment.
		if release, err := p.RetryerV2.GetAttemptToken(ctx); err == nil {
			return p.refill(release), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the rate limit: %w", ctx.Err())
		}
	}
}

func (p pacedRetryer) refill(release func(error) error) func(error) error {
	return func(err error) error {
		if err == nil {
			_ = p.quota.AddTokens(retry.DefaultNoRetryIncrement) // never fails
		}
		return release(err)
	}
}
