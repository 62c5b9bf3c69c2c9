package iamops

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"port-iam/templates"
)

// NamePrefix begins the name of every role, policy and entity of a grant; the
// run's id follows.
const NamePrefix = "Permission-"

// Tag keys on every role and policy. They are namespaced because the tags of a
// role become aws:PrincipalTag of its sessions.
const (
	tagManagedBy = "port-iam-managed-by"
	tagOrgID     = "port-iam-org-id"
	tagRunID     = "port-iam-run-id"
	tagExpiresAt = "port-iam-expires-at"
	tagRequester = "port-iam-requester"

	tagPrefix = "port-iam-" // of all of them
	ownTags   = 5           // how many there are

	managedBy = "port-iam"
)

// Limits of IAM, from "IAM and AWS STS quotas" and the service model.
const (
	maxTags          = 50 // of a role or policy
	maxSwitchableLen = 64 // path without the leading slash + name, console's Switch Role

	// What CreateRole takes as the maximum session duration of a role.
	minMaxSession = time.Hour
	maxMaxSession = 12 * time.Hour
)

// Request is what a plan is made from: who may do what on which resource, and
// until when.
type Request struct {
	RunID     string
	Requester string   // e-mail
	UserName  string   // of the requester in AWS
	Resource  string   // ARN
	Related   []string // ARNs of resources that belong to it
	// Owners are the accounts of related resources whose ARNs name none, by ARN, as far
	// as they are known.
	Owners  map[string]string
	Actions []string // such as s3:PutObject
	Start   time.Time
	End     time.Time // zero: until revoked
}

// Plan is one grant, worked out to the last byte before anything is made: the
// same Request and the same settings always give the same Plan.
type Plan struct {
	Name        string // of role, policy and entity
	RunID       string
	RoleARN     string
	PolicyARN   string
	Policy      string // permission policy, compact JSON
	Trust       string // trust policy, compact JSON
	Description string // of the role
	Scope       Scope
	SignInURL   string // AWS's switch-role link; "" in a partition where AWS documents none
	ConsoleURL  string // see [ConsoleURL]
	Profile     string // for the AWS CLI, see [Ops.Profile]
	// Begins is when the grant does; MaxSession is how long a session of the role may
	// last, in whole seconds: see [maxSession].
	Begins     time.Time
	MaxSession time.Duration
	Tags       map[string]string
}

var (
	legalRunID = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	// Their lengths are not in the pattern: counting such classes takes 10 MB.
	legalTagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+@-]*$`)
)

// Name returns the name of the grant of a run.
func Name(runID string) string { return NamePrefix + runID }

// RunID returns the run whose grant has this name; false where the name is not
// one of a grant.
func RunID(name string) (string, bool) {
	if id, ok := strings.CutPrefix(name, NamePrefix); ok && legalRunID.MatchString(id) {
		return id, true
	}
	return "", false
}

// Plan works out a grant. Errors are of [KindInvalid] and say what is wrong with
// the request.
func (o *Ops) Plan(g Request) (Plan, error) {
	p, err := o.plan(g)
	if err != nil {
		return Plan{}, &Error{Op: "plan grant " + Name(g.RunID), Kind: KindInvalid, Err: err}
	}
	return p, nil
}

func (o *Ops) plan(g Request) (p Plan, err error) {
	name := Name(g.RunID)
	if !legalRunID.MatchString(g.RunID) {
		return p, errors.New("the run id holds characters that an IAM name cannot have")
	}
	if n := len(o.switchName(name)); n > maxSwitchableLen {
		return p, fmt.Errorf("path and name have %d characters, and the console switches to %d at most: shorten IAM_PATH", n, maxSwitchableLen)
	}
	scope, err := o.Scope(g)
	if err != nil {
		return p, err
	}
	data := templates.Data{
		Statements: o.statements(scope), Account: o.opts.Account, Partition: o.opts.Partition, OrgID: o.opts.OrgID,
		RunID: g.RunID, Requester: g.Requester, UserName: g.UserName, Trust: o.opts.Trust, TrustAccounts: o.opts.TrustAccounts,
		Start: rfc3339(g.Start), End: rfc3339(g.End),
	}
	p = Plan{
		Name: name, RunID: g.RunID, Scope: scope, RoleARN: o.RoleARN(name), PolicyARN: o.policyARN(name),
		SignInURL: o.signInURL(name), Tags: o.tags(g), Description: description(g.RunID, g.End),
		Begins: g.Start, MaxSession: maxSession(g.Start, g.End), ConsoleURL: ConsoleURL(g.Resource),
	}
	p.Profile = o.Profile(name, g.Resource, p.MaxSession)
	if p.Policy, err = o.opts.Templates.PermissionPolicy(data); err != nil {
		return p, err
	}
	if p.Trust, err = o.opts.Templates.TrustPolicy(data); err != nil {
		return p, err
	}
	if err := fits(p.Policy, templates.MaxPolicy, "permission policy"); err != nil {
		return p, o.withConsole(err, data, scope)
	}
	return p, fits(p.Trust, templates.MaxTrust, "trust policy")
}

// withConsole says of a permission policy that is too long whether it is so only for
// what AWS's console needs.
func (o *Ops) withConsole(err error, data templates.Data, scope Scope) error {
	data.Statements = o.statements(scope.Granted())
	without, renderErr := o.opts.Templates.PermissionPolicy(data)
	if n := templates.Length(without); renderErr == nil && len(scope.Console().Statements) > 0 {
		return fmt.Errorf("%w. Without the lists for AWS's console (GRANT_CONSOLE) it would have %d", err, n)
	}
	return err
}

// maxSession is the maximum session duration of a role: what its grant lasts, as far
// as AWS takes that. A zero end is until revoked.
func maxSession(start, end time.Time) time.Duration {
	if end.IsZero() {
		return maxMaxSession
	}
	lasts := end.Truncate(time.Second).Sub(start.Truncate(time.Second))
	return min(max(lasts, minMaxSession), maxMaxSession)
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// fits checks the length as AWS counts it, and the characters IAM takes.
func fits(doc string, limit int, what string) error {
	for _, r := range doc {
		if r > 0xff {
			return fmt.Errorf("the %s holds %q, and IAM takes nothing above U+00FF: use the json function in the template", what, r)
		}
	}
	if n := templates.Length(doc); n > limit {
		return fmt.Errorf("the %s would have %d characters, and AWS allows %d: request fewer permissions at once, or on a resource with a shorter name", what, n, limit)
	}
	return nil
}

func (o *Ops) tags(g Request) map[string]string {
	t := map[string]string{
		tagManagedBy: managedBy,
		tagOrgID:     o.opts.OrgID,
		tagRunID:     g.RunID,
	}
	maps.Copy(t, o.opts.Tags)
	if !g.End.IsZero() {
		t[tagExpiresAt] = rfc3339(g.End)
	}
	if LegalTagValue(g.Requester) {
		t[tagRequester] = g.Requester
	}
	return t
}

// LegalTagValue reports whether AWS takes s as the value of a tag; a single
// illegal tag makes the whole create call fail.
func LegalTagValue(s string) bool {
	return legalTagText.MatchString(s) && utf8.RuneCountInString(s) <= 256
}

// LegalTagKey reports whether AWS takes s as the key of a tag of ours.
func LegalTagKey(s string) bool {
	return s != "" && LegalTagValue(s) && utf8.RuneCountInString(s) <= 128 && !strings.HasPrefix(strings.ToLower(s), "aws:")
}

// RoleARN is the ARN that the role of a grant has.
func (o *Ops) RoleARN(name string) string {
	return "arn:" + o.opts.Partition + ":iam::" + o.opts.Account + ":role" + o.opts.Path + name
}

func (o *Ops) policyARN(name string) string {
	return "arn:" + o.opts.Partition + ":iam::" + o.opts.Account + ":policy" + o.opts.Path + name
}

// switchName is how the console's Switch Role names a role: without the slash
// that its path begins with.
func (o *Ops) switchName(name string) string { return strings.TrimPrefix(o.opts.Path, "/") + name }

// consoles are the sign-in hosts by partition, from "Switch to an IAM role
// (console)" in the IAM User Guide.
var consoles = map[string]string{
	"aws":        "signin.aws.amazon.com",
	"aws-us-gov": "signin.amazonaws-us-gov.com",
	"aws-cn":     "signin.amazonaws.cn",
}

// signInURL is "" where AWS does not document the host of the partition.
func (o *Ops) signInURL(name string) string {
	host := consoles[o.opts.Partition]
	if host == "" {
		return ""
	}
	return "https://" + host + "/switchrole?account=" + url.QueryEscape(o.opts.Account) +
		"&roleName=" + url.QueryEscape(o.switchName(name)) + "&displayName=" + url.QueryEscape(name)
}
