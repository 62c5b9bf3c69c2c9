package sim

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// people are those who sign in through Identity Center and use what they were
// granted.
type people struct {
	w    *world
	keys map[person]*sts.Client

	mu       sync.Mutex
	sessions map[string]string // access key of a session, by the run of its grant
}

// person is a requester who has signed in to an account.
type person struct{ email, account string }

var everybody = []string{alice, bob, mallory, dave}

const mayAssume = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`

func newPeople(w *world) *people {
	p := &people{w: w, keys: map[person]*sts.Client{}, sessions: map[string]string{}}
	for _, s := range w.sites {
		for _, email := range everybody {
			key, secret, token := s.AddRoleSession("/aws-reserved/sso.amazonaws.com/eu-west-1/", "AWSReservedSSO_Dev_abc", w.userName(email), mayAssume)
			p.keys[person{email, s.id}] = sts.NewFromConfig(w.config(key, secret, token))
		}
	}
	return p
}

// assume tries to use the role of a grant; "" when that is refused.
func (p *people) assume(email string, o *order) (key string) {
	in := p.w.home(o)
	out, err := p.keys[person{email, in}].AssumeRole(context.Background(), &sts.AssumeRoleInput{
		RoleArn: aws.String(roleARN(in, o.name())), RoleSessionName: aws.String("work"), DurationSeconds: aws.Int32(3600),
	})
	if err != nil {
		p.w.trace.add("%s cannot assume %s: %v", email, o.name(), err)
		return ""
	}
	return *out.Credentials.AccessKeyId
}

// may reports whether a session may do what its grant was for.
func (p *people) may(key string, o *order) bool {
	for _, action := range o.actions {
		resource := o.resource + "/key"
		switch {
		case action == "s3:ListBucket":
			resource = o.resource
		case strings.HasPrefix(action, "kms:"):
			resource = o.key
		}
		if ok, why := p.w.aws.Allowed(key, action, resource); !ok {
			p.w.trace.add("%s of %s may not %s: %s", o.requester, o.name(), action, why)
			return false
		}
	}
	return true
}

// useAll has everybody who was granted something use it, so that there are
// sessions that must die with their grants.
func (p *people) useAll() {
	for _, o := range p.w.ordersOf(kindGrant) {
		p.mu.Lock()
		_, has := p.sessions[o.run]
		p.mu.Unlock()
		if has || o.requester == "" || !p.w.succeeded(o) || p.w.taken(o) {
			continue
		}
		if key := p.assume(o.requester, o); key != "" {
			p.mu.Lock()
			p.sessions[o.run] = key
			p.mu.Unlock()
		}
	}
}

// session returns the session that the requester of a grant has; "" if none.
func (p *people) session(o *order) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[o.run]
}

func (w *world) ordersOf(k kind) []*order {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []*order
	for _, o := range w.orders {
		if o.kind == k {
			out = append(out, o)
		}
	}
	return out
}

func (w *world) succeeded(o *order) bool {
	r, _ := w.port.Run(o.run)
	return r.Status == "SUCCESS"
}

// taken reports whether the removal of a grant was requested, or done by hand.
func (w *world) taken(o *order) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(o.takers) > 0 || len(o.byCLI) > 0 || o.handled != ""
}

// takers are the revocations and expiries of a grant so far.
func (w *world) takersOf(o *order) []*order {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*order(nil), o.takers...)
}

// endOf is when a grant must end, by the clocks of Port and AWS. Without a
// record it never began.
func (w *world) endOf(o *order) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	start := o.start
	if start.IsZero() {
		start = o.created
	}
	return start.UTC().Truncate(time.Second).Add(o.lasts)
}
