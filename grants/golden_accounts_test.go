package grants_test

import (
	"context"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/templates"
)

// among is a play in which three accounts are served, and the bucket is in one of them or
// elsewhere; "": the catalogue does not say it.
func among(bucketIn string, f func(s *stage) string) func(*stage) string {
	return func(s *stage) string {
		s.addAccounts()
		s.bucketIn(bucketIn)
		return f(s)
	}
}

// severalAccounts are runs where more than one account is served.
func severalAccounts() []play {
	asks := func(s *stage) string { return s.asks(nil) }
	revokes := func(then func(s *stage, run string)) func(*stage) string {
		return among(second, func(s *stage) string { return s.revokes(func(_ *process, run string) { then(s, run) }) })
	}
	return []play{
		{name: "access is given in the account of the bucket", f: among(second, asks)},
		{name: "the catalogue does not say where the bucket is", f: among("", asks)},
		{name: "the bucket is in an account that is not served", f: among(unserved, asks)},
		{name: "the action is for other accounts", f: among(second, func(s *stage) string {
			return s.asks(nil, func(o *grants.Options) {
				o.Actions.Grants = []templates.GrantAction{{ID: grantAction, Accounts: []string{third}}}
			})
		})},
		{name: "the account cannot be entered", f: among(second, func(s *stage) string {
			s.closed(second)
			return s.asks(nil)
		})},
		{name: "more requests wait for an account than it gets slots", f: among(second, func(s *stage) string { return s.withoutSlot() })},
		{name: "a person revokes it", f: revokes(func(*stage, string) {})},
		{name: "a person revokes it, and its entity names another account", f: revokes(func(s *stage, run string) { s.says(run, third) })},
		{name: "a person revokes it, and a role of that name is in another account, too", f: revokes(func(s *stage, run string) {
			s.copyTo(account, s.roleIn(second, iamops.Name(run)), true)
			s.copyTo(third, s.roleIn(second, iamops.Name(run)), true)
			s.says(run, unserved)
		})},
		{name: "a role that is not ours has its name where its entity says", f: revokes(func(s *stage, run string) {
			s.copyTo(third, s.roleIn(second, iamops.Name(run)), false)
			s.says(run, third)
		})},
		{name: "its account cannot be entered", f: revokes(func(s *stage, _ string) { s.closed(second) })},
		{name: "an account in which it may be as well cannot be entered", f: revokes(func(s *stage, run string) {
			s.says(run, account)
			s.closed(third)
		})},
		{name: "its entity names an account that is not served", f: revokes(func(s *stage, run string) {
			s.removeByHand(second, run)
			s.says(run, unserved)
		})},
		{name: "a role of that name was removed, and the first one may be where nobody is served", f: revokes(func(s *stage, run string) {
			s.says(run, unserved)
			s.bucketIn(unserved)
		})},
		{name: "the account of the bucket changes while the grant is made", f: among(second, func(s *stage) string { return s.moved() })},
		{name: "its account is not served any more, and its entity names another one", f: revokes(func(s *stage, run string) {
			s.removeByHand(second, run)
			s.bucketIn(unserved)
		})},
	}
}

// moved plays a request for a bucket whose account is edited when its role was made.
func (s *stage) moved() (run string) {
	rec := s.request(nil)
	p := s.process()
	j := p.job(rec)
	back := s.in[second].Fault(iamtest.Fault{Op: "CreateRole", Kind: iamtest.LostAnswer, Count: -1})
	p.attempt(j)
	back()
	s.bucketIn(third)
	s.must(p.finish(context.Background(), j))
	s.page.said = append(s.page.said, p.Recent()[0].Summary)
	return rec.RunID
}

// withoutSlot plays a request beside another one that takes all that its account gets.
func (s *stage) withoutSlot() (run string) {
	free := make(chan struct{})
	p := s.process(func(o *grants.Options) {
		o.Concurrency = 1
		o.Accounts[second] = occupied{o.Accounts[second], free}
	})
	first := p.job(s.request(nil))
	back := s.in[second].Fault(always(tooMany))
	p.attempt(first)
	back()
	done := make(chan bool)
	go func() { done <- p.attempt(first) }()
	later(time.Minute)
	run = s.handle(p, s.request(nil))
	close(free)
	<-done
	return run
}

// occupied is an account in which the first grant takes as long as the test likes.
type occupied struct {
	grants.Access
	free chan struct{}
}

// Attach is part of grants.Access.
func (o occupied) Attach(ctx context.Context, p iamops.Plan) error {
	<-o.free
	return o.Access.Attach(ctx, p)
}
