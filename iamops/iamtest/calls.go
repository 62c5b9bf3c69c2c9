package iamtest

import "slices"

// Call is one call that reached the account.
type Call struct {
	N         int    // counts from 1 in order of arrival
	Op        string // "CreateRole", "AssumeRole", …
	Principal string // ARN of the caller, its access key if that is unknown
	Name      string // the role's name or the policy's name or ARN
	// Done is false before the call is applied and true afterwards. Code is set
	// then: the error code that it met, "" for none, LostRequest or RequestEnded
	// where it was never applied.
	Done bool
	Code string
}

type hook struct{ f func(Call) }

// OnCall has f called twice for each call: when it has arrived, before faults
// are looked up and anything is applied, and once it is done but not answered
// yet. The account is not locked meanwhile, so f may use the server and may
// block the call. remove ends it.
func (s *Server) OnCall(f func(Call)) (remove func()) {
	h := &hook{f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, h)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hooks = slices.DeleteFunc(slices.Clone(s.hooks), func(x *hook) bool { return x == h })
	}
}

// Calls returns the calls that are done, in the order in which they ended.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// CallCount returns how many calls of an operation are done; "" counts all.
func (s *Server) CallCount(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.calls {
		if op == "" || c.Op == op {
			n++
		}
	}
	return n
}

// ResetCalls forgets the calls done so far. Their numbers go on.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// begin numbers a call that has arrived and tells the hooks.
func (s *Server) begin(r *request) Call {
	s.mu.Lock()
	s.begun++
	call := Call{N: s.begun, Op: r.op, Principal: r.key, Name: r.subject()}
	if p, err := s.authenticate(r.key, r.token); err == nil {
		call.Principal = p.arn
	}
	hooks := slices.Clone(s.hooks)
	s.mu.Unlock()
	for _, h := range hooks {
		h.f(call)
	}
	return call
}

// finish records a call that is done and tells the hooks.
func (s *Server) finish(call Call, code string) {
	call.Done, call.Code = true, code
	s.mu.Lock()
	s.calls = append(s.calls, call)
	hooks := slices.Clone(s.hooks)
	s.mu.Unlock()
	for _, h := range hooks {
		h.f(call)
	}
}
