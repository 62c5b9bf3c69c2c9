package iamops

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/prometheus/client_golang/prometheus"
)

// Clients are the SDK's clients for IAM and STS of one account, with quick retries,
// a limiter and metrics, and the difference between AWS's clock and ours as AWS's
// answers show it. Those of other accounts come from [Clients.Enter], and that for
// the users of IAM Identity Center from [Clients.IdentityStore].
type Clients struct {
	IAM      *API
	simulate call[iam.SimulatePrincipalPolicyInput, iam.SimulatePrincipalPolicyOutput]
	sts      *sts.Client

	cfg  aws.Config
	more []func(*middleware.Stack) error // of all clients
	*common
}

// common is what the clients of all accounts share.
type common struct {
	http    aws.HTTPClient // before [bufferedClient]
	metrics *metrics
	skew    atomic.Pointer[time.Duration]
}

// NewClients makes the clients of the account to which the credentials of cfg belong;
// it calls nothing. Metrics are registered with reg, if there is one; its error is that
// of a metric that is registered already.
func NewClients(cfg aws.Config, reg prometheus.Registerer) (*Clients, error) {
	shared := &common{http: cfg.HTTPClient}
	if shared.http == nil {
		shared.http = awshttp.NewBuildableClient()
	}
	m, err := newMetrics(reg, shared)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	shared.metrics = m
	cfg.HTTPClient = bufferedClient{shared.http, answerTime}
	return newClients(cfg, shared), nil
}

// newClients makes clients, with more in the middleware of each.
func newClients(cfg aws.Config, shared *common, more ...func(*middleware.Stack) error) *Clients {
	more = append(more, shared.watch)
	c := &Clients{cfg: cfg, more: more, common: shared}
	iamClient := iam.NewFromConfig(cfg, func(o *iam.Options) {
		o.Retryer = newRetryer()
		o.APIOptions = append(append(o.APIOptions, more...), limit(&limiter{}))
	})
	c.IAM, c.simulate = newAPI(iamClient), iamClient.SimulatePrincipalPolicy
	// STS has limits of its own, and does not wait behind what IAM throttles.
	c.sts = sts.NewFromConfig(cfg, func(o *sts.Options) {
		o.Retryer = retry.NewStandard()
		o.APIOptions = append(o.APIOptions, more...)
	})
	return c
}

// watch counts each exchange with AWS, marks its answers, and compares the clocks.
func (c *common) watch(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("port-iam-watch",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			start := time.Now()
			out, meta, err := next.HandleDeserialize(ctx, in)
			err = asAnswer(err)
			c.metrics.observe(middleware.GetOperationName(ctx), time.Since(start), err)
			if resp, ok := out.RawResponse.(*smithyhttp.Response); ok && resp.Response != nil {
				if skew, ok := ClockSkew(start, time.Now(), resp.Header.Get("Date")); ok {
					c.skew.Store(&skew)
				}
			}
			return out, meta, err
		}), middleware.Before)
}

// Identity is who the daemon is in AWS.
type Identity struct {
	Account   string // 12 digits
	Partition string // such as aws
	ARN       string
}

// Identity asks STS who we are. It needs no permission, so it also tells whether
// AWS accepts the credentials ([RejectedCredentials]).
func (c *Clients) Identity(ctx context.Context) (Identity, error) {
	out, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, wrap(err, "ask AWS who we are (sts:GetCallerIdentity)")
	}
	id := Identity{Account: aws.ToString(out.Account), ARN: aws.ToString(out.Arn)}
	a, err := arn.Parse(id.ARN)
	if err != nil {
		return Identity{}, refused(KindUnavailable, "ask AWS who we are (sts:GetCallerIdentity)", "the answer holds no ARN but %q", id.ARN)
	}
	id.Partition = a.Partition
	return id, nil
}

// ClockSkew is how far our clock is ahead of AWS's, as its last answer showed;
// false before the first one. Dates in answers are in whole seconds.
func (c *common) ClockSkew() (time.Duration, bool) {
	d := c.skew.Load()
	if d == nil {
		return 0, false
	}
	return *d, true
}

// MaxClockSkew is how far the local clock may be from another's before it counts
// as wrong: with a wrong clock nothing is granted and nothing expires.
const MaxClockSkew = 60 * time.Second

// ClockSkew is how far our clock is ahead of a server's, from an answer to a
// request that was sent and answered at these times and the Date in its header;
// false where that is no date. It is in whole seconds, as dates are.
func ClockSkew(sent, answered time.Time, header string) (time.Duration, bool) {
	date, err := http.ParseTime(header)
	if err != nil {
		return 0, false
	}
	// The answer was dated between the two: the middle is the best guess.
	return sent.Add(answered.Sub(sent) / 2).Sub(date).Truncate(time.Second), true
}

// String is for logs.
func (i Identity) String() string { return fmt.Sprintf("%s (account %s)", i.ARN, i.Account) }
