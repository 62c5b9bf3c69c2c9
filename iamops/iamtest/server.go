package iamtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"port-iam/internal/standin"
)

// Options describe an account. The zero value is an empty, fast and unthrottled
// one.
type Options struct {
	// Organization is the id of the AWS Organization that the account is in. Default
	// "o-exampleorg".
	Organization string
	// Account is the account id. Default "123456789012".
	Account string
	// Partition is the first part of every ARN. Default "aws".
	Partition string
	// DaemonARN is who a caller with an unknown access key is: a principal with
	// every right. Default "arn:PARTITION:iam::ACCOUNT:user/port-iam".
	DaemonARN string
	// Now is the clock of the account. Default time.Now.
	Now func() time.Time
	// Delay is waited before each call is applied. A call whose request ends
	// meanwhile is not applied.
	Delay time.Duration
	// Visibility is how long a write stays invisible to reads.
	Visibility time.Duration
	// Rate is how many calls per second to IAM and STS the account admits, 0 for any
	// number; Burst is how many at once, Rate (at least 1) by default. What exceeds
	// them is refused with Throttling.
	Rate, Burst float64
	// MaxRoles and MaxPolicies are the account's quotas. Default 1000 and 1500.
	MaxRoles, MaxPolicies int
	// PageSize, when set, is the most that a page of a list holds whatever
	// MaxItems asks for, as AWS is free to do.
	PageSize int
}

// Server is one account; [Server.AddAccount] makes others beside it. It is safe for
// concurrent use.
type Server struct {
	opts       Options
	operations map[string]operation
	*cloud

	lag, behind func() time.Duration
	rejectAll   bool
	bucket      bucket
	share       float64 // of calls that are refused at random
	random      *rand.Rand

	roles    table[Role]   // by lower-case name
	policies table[Policy] // by account and lower-case name, see policyKey
	users    map[string]*user
	stores   map[string]identityStore // by id

	test   standin.Test // nil where nobody checks the faults
	faults standin.Faults[Fault]
	calls  standin.Calls[Call]
}

// New makes an empty account.
func New(opts Options) *Server {
	if opts.Account == "" {
		opts.Account = "123456789012"
	}
	if opts.Partition == "" {
		opts.Partition = "aws"
	}
	if opts.DaemonARN == "" {
		opts.DaemonARN = fmt.Sprintf("arn:%s:iam::%s:user/port-iam", opts.Partition, opts.Account)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Burst == 0 {
		opts.Burst = max(opts.Rate, 1)
	}
	if opts.MaxRoles == 0 {
		opts.MaxRoles = 1000
	}
	if opts.MaxPolicies == 0 {
		opts.MaxPolicies = 1500
	}
	if opts.Organization == "" {
		opts.Organization = "o-exampleorg"
	}
	c := &cloud{accounts: map[string]*Server{}, keys: map[string]*principal{}}
	c.first = c.add(opts)
	return c.first
}

// add makes an account. All options are set.
func (c *cloud) add(opts Options) *Server {
	s := &Server{
		opts:       opts,
		operations: operations(),
		cloud:      c,
		lag:        func() time.Duration { return opts.Visibility },
		behind:     func() time.Duration { return 0 },
		bucket:     bucket{tokens: opts.Burst},
		random:     rand.New(rand.NewPCG(1, 2)),
		roles:      newTable[Role](),
		policies:   newTable[Policy](),
		users:      map[string]*user{},
		stores:     map[string]identityStore{},
	}
	c.accounts[opts.Account] = s
	return s
}

// SetVisibility changes how long later writes stay invisible to reads.
func (s *Server) SetVisibility(d time.Duration) { s.SetLag(func() time.Duration { return d }) }

// SetLag has f say for each later write how long it stays invisible to reads. A
// write that shows hides the ones before it, shown or not. f must not use the
// server.
func (s *Server) SetLag(f func() time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = f
}

// Throttle changes [Options].Rate and Burst, and fills the bucket. Of those calls,
// it refuses this share at random in addition, the same ones each time.
func (s *Server) Throttle(rate, burst, share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Rate, s.opts.Burst, s.share = rate, burst, share
	s.bucket = bucket{tokens: burst}
}

// SetBehind has f say for each later read how far it is behind the others, up to
// a minute: no two of them need show the same. f must not use the server.
func (s *Server) SetBehind(f func() time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behind = f
}

// shownAt is the time as of which a read shows the account.
func (s *Server) shownAt() time.Time { return s.opts.Now().Add(-s.behind()) }

// SetClockSkew sets how far AWS's clock runs ahead of [Options].Now, in all accounts.
func (s *Server) SetClockSkew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

// RequireKnownKeys decides what an access key that no account has handed out is: the
// daemon of the first account, with every right (false, the default), or
// InvalidClientTokenId.
func (s *Server) RequireKnownKeys(require bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requireKnownKeys = require
}

// RejectCredentials makes every call of those who belong to this account fail with
// InvalidClientTokenId until it is switched off again.
func (s *Server) RejectCredentials(reject bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejectAll = reject
}

// awsNow is the time by AWS's clock. Times of visibility and the token bucket
// are durations and use the unskewed clock.
func (s *Server) awsNow() time.Time { return s.opts.Now().Add(s.skew).UTC() }

// created is the time that an object made now shows: whole seconds, as in IAM.
func (s *Server) created() time.Time { return s.awsNow().Truncate(time.Second) }

// newID makes a unique id of IAM's shape.
func (s *Server) newID(prefix string) string { return s.unique(prefix, 21) }

// unique makes an identifier that is never used again.
func (s *Server) unique(prefix string, length int) string {
	s.ids++
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte(strings.Repeat("A", length-len(prefix)))
	for n, i := s.ids, len(id)-1; n > 0 && i >= 0; n, i = n/32, i-1 {
		id[i] = digits[n%32]
	}
	return prefix + string(id)
}

func (s *Server) setRole(role *Role) {
	now := s.opts.Now()
	visible := now.Add(s.lag())
	if role.Shown.IsZero() || visible.Before(role.Shown) {
		role.Shown = visible
	}
	s.roles.set(roleKey(role.Name), role, now, visible)
}

func (s *Server) removeRole(name string) {
	now := s.opts.Now()
	s.roles.set(roleKey(name), nil, now, now.Add(s.lag()))
}

func (s *Server) setPolicy(policy *Policy) {
	now := s.opts.Now()
	s.policies.set(policyKey(policy.ARN), policy, now, now.Add(s.lag()))
}

func (s *Server) removePolicy(arn string) {
	now := s.opts.Now()
	s.policies.set(policyKey(arn), nil, now, now.Add(s.lag()))
}

// arn builds the ARN of an IAM object of this account; path begins and ends with
// a slash.
func (s *Server) arn(kind, path, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", s.opts.Partition, s.opts.Account, kind, path, name)
}
