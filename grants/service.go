package grants

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// Portal is what a grant needs of Port. Errors are [port.Error]: unavailable
// means try again, possibly applied; refused and not found are answers.
type Portal interface {
	// Run reads a run.
	Run(ctx context.Context, id string) (port.Run, error)
	// Runs lists the runs that pass the filter.
	Runs(ctx context.Context, f port.RunFilter) ([]port.Run, error)
	// EndRun adds a log to an open run and ends it. Not to be repeated blindly:
	// an ended run refuses it.
	EndRun(ctx context.Context, id string, e port.RunEnd) error
	// SetStatus ends an open run without a log.
	SetStatus(ctx context.Context, id string, s port.Status) error
	// LabelRun sets the status label of an open run.
	LabelRun(ctx context.Context, id, label string) error
	// LinkRun sets the link on the page of an open run.
	LinkRun(ctx context.Context, id, link string) error
	// Entity reads an entity.
	Entity(ctx context.Context, blueprint, id string) (port.Entity, error)
	// CreateEntity writes an entity that does not exist yet, on behalf of a run;
	// Port refuses where it exists, and once that run has ended.
	CreateEntity(ctx context.Context, blueprint string, e port.Entity, runID string) error
	// DeleteEntity deletes an entity, on behalf of a run unless runID is "".
	DeleteEntity(ctx context.Context, blueprint, id, runID string) error
	// Blueprint reads a blueprint.
	Blueprint(ctx context.Context, id string) (port.Object, error)
	// Entities lists all entities of a blueprint.
	Entities(ctx context.Context, blueprint string) ([]port.Entity, error)
	// Invocation is how Port performs an action, "KAFKA" for ours.
	Invocation(ctx context.Context, action string) (string, error)
}

// Access is what a grant needs of IAM, in one account. Errors are [iamops.Error];
// each method may be repeated.
type Access interface {
	// RoleARN is the ARN that the role of a grant has.
	RoleARN(name string) string
	// Boundary is that of every role. It calls AWS at times.
	Boundary(ctx context.Context) (iamops.Boundary, error)
	// Planner works a grant out; it calls nothing.
	Planner
	// Create makes role and policy, or adopts what this run made before.
	Create(ctx context.Context, p iamops.Plan) (roleID string, err error)
	// Verify checks that both are there as planned.
	Verify(ctx context.Context, p iamops.Plan) (roleID string, err error)
	// Attach makes the grant usable.
	Attach(ctx context.Context, p iamops.Plan) error
	// Find reads the role alone, and proves that it is ours.
	Find(ctx context.Context, name string) (iamops.Live, error)
	// Look reads what exists and proves that it is ours.
	Look(ctx context.Context, name string) (iamops.Live, error)
	// Rest reads what Find did not.
	Rest(ctx context.Context, found iamops.Live) (iamops.Live, error)
	// Cut takes the access away in one call.
	Cut(ctx context.Context, found iamops.Live) error
	// Detach leaves the role without managed policies.
	Detach(ctx context.Context, l iamops.Live) error
	// DeletePolicy deletes the policy; that it succeeds proves that nothing can use
	// it any more.
	DeletePolicy(ctx context.Context, l iamops.Live) error
	// DeleteRole deletes the role. The Deny of Cut goes last, and comes back where
	// the role cannot be deleted.
	DeleteRole(ctx context.Context, l iamops.Live) error
	// List shows everything under our path. It proves nothing.
	List(ctx context.Context) (map[string]iamops.Listed, error)
	// Changed says what about a grant was changed by hand; userName is that of
	// the requester in AWS, "" where it is not known.
	Changed(l iamops.Live, userName string) []string
	// Allowance reads what the policy of a grant allows.
	Allowance(ctx context.Context, name string) (iamops.Allowance, error)
}

// Users finds people in AWS, as [iamops.IdentityStore] does. It is safe for concurrent
// use.
type Users interface {
	// User is the one whose primary e-mail this is. That there is none who can sign in
	// is an error of [iamops.KindUser], which refuses the request.
	User(ctx context.Context, email string) (iamops.User, error)
}

// Options configure [New].
type Options struct {
	Portal Portal
	// Accounts are those that are served, by their ids of 12 digits; at least one.
	Accounts map[string]Access
	// Concurrency is how many grants, and as many removals, are handled at the same time.
	// Where several accounts are served, each gets a quarter of that at most; 0: no limit.
	Concurrency int
	// Actions are ours in Port.
	Actions templates.ActionIDs
	Terms
	// Users says who a requester is in AWS. nil: the e-mail alone does, see Terms.
	Users Users
	// ConfirmRequester asks Port whether the run is the requester's.
	ConfirmRequester bool
	// RequireSignature drops records without a signature. A wrong one always
	// drops its record.
	RequireSignature bool
	// ClockSkew is how far the local clock is from AWS's; false when not known.
	ClockSkew func() (time.Duration, bool)
	// Audit is nil where no events are kept.
	Audit Audit
	// Actor is the caller ARN of the operator whose command this is; "": it is the daemon.
	Actor string
	Log   *slog.Logger
	// Registerer gets the metrics; nil: they are not registered anywhere.
	Registerer prometheus.Registerer
}

// Service handles runs. It is safe for concurrent use.
type Service struct {
	opts     Options
	accounts []*account // that are served, sorted by id
	locks    *locks
	metrics  *metrics

	confirmed    confirmed
	recent       recent
	failing      failing
	unreportable runSet // counted already
	labeller     labeller

	// lastEnded is when Port last accepted the end of a run: it tells a Port
	// that is away from one that fails a single run. nil: not yet.
	lastEnded atomic.Pointer[time.Time]
	// lacking is what the blueprint of grants was last found to lack; nil: nothing.
	lacking atomic.Pointer[lacking]
}

// New makes a service and registers its metrics; its error is that of a metric
// that is registered already.
func New(o Options) (*Service, error) {
	accounts := newAccounts(o.Accounts, o.Concurrency)
	m, err := newMetrics(o.Registerer, accounts)
	if err != nil {
		return nil, err
	}
	return &Service{
		opts: o, accounts: accounts, locks: &locks{held: map[string]chan struct{}{}}, metrics: m,
		labeller: labeller{portal: o.Portal, log: o.Log},
	}, nil
}

// Grant makes the work for a record of a grant action. One of another action fits no run.
func (s *Service) Grant(rec port.Record) *Job {
	action := rec.Action
	if !s.opts.Actions.IsGrant(action) {
		action = ""
	}
	return s.newJob(opGrant, action, iamops.Name(rec.RunID), rec)
}

// Revoke makes the work for a record of the revoke action.
func (s *Service) Revoke(rec port.Record) *Job {
	return s.newJob(opRevoke, s.opts.Actions.Revoke, rec.Entity, rec)
}

// Expire makes the work for a record of the automation that Port starts when
// the time of a grant is over.
func (s *Service) Expire(rec port.Record) *Job {
	return s.newJob(opExpire, s.opts.Actions.Expire, rec.Entity, rec)
}

// Operations, as in the labels of metrics.
const (
	opGrant  = "grant"
	opRevoke = "revoke"
	opExpire = "expire"
)

func (s *Service) newJob(op, action, name string, rec port.Record) *Job {
	log := s.opts.Log.With(keyOperation, op, keyRunID, rec.RunID)
	j := &Job{removal: s.newRemoval(op, name, log), action: action, rec: rec}
	j.label = s.newLabel(rec.RunID, j.fits)
	if j.Urgent() {
		j.asked = rec.Time
	}
	j.held = map[*account]bool{}
	return j
}

// newRemoval takes a grant away in the accounts given or, without any, wherever it may be.
func (s *Service) newRemoval(op, name string, log *slog.Logger, in ...*account) removal {
	r := removal{svc: s, name: name, log: log, patience: patience{op: op}, by: askedBy(op), mu: &sync.Mutex{}}
	if a := s.only(); a != nil {
		in = []*account{a}
	}
	for _, a := range in {
		r.lookIn(a)
	}
	r.fixed = len(in) > 0
	return r
}

// clockError says that the local clock is wrong; nil where it is not, or AWS has
// not said.
func (s *Service) clockError() error {
	if skew, known := s.opts.ClockSkew(); known && skew.Abs() > iamops.MaxClockSkew {
		return fmt.Errorf("the local clock is %s off AWS's", skew)
	}
	return nil
}

func (s *Service) endedSince(t time.Time) bool {
	last := s.lastEnded.Load()
	return last != nil && last.After(t)
}

// noteForeign counts an object that is in the way and not ours.
func (s *Service) noteForeign(err error) {
	if iamops.IsKind(err, iamops.KindForeign) {
		s.metrics.events.WithLabelValues(eventForeignObject).Inc()
	}
}

// Keys of log attributes.
const (
	keyOperation = "operation"
	keyRunID     = "run_id"
	keyGrant     = "grant"
	keyAccount   = "account"
	keyResource  = "resource"
	keyOutcome   = "outcome"
	keyReason    = "reason"
	keyError     = "error"
	keyLacks     = "lacks"
	keyWait      = "wait"
	keyDuration  = "duration"
	keyEnd       = "end"
)
