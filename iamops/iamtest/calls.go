package iamtest

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

// OnCall has f called twice for each call: when it has arrived, before faults
// are looked up and anything is applied, and once it is done but not answered
// yet. The account is not locked meanwhile, so f may use the server and may
// block the call. remove ends it.
func (s *Server) OnCall(f func(Call)) (remove func()) { return s.calls.Watch(f) }

// Calls returns the calls that are done, in the order in which they ended.
func (s *Server) Calls() []Call { return s.calls.Done() }

// CallCount returns how many calls of an operation are done; "" counts all.
func (s *Server) CallCount(op string) int {
	return s.calls.Count(func(c Call) bool { return op == "" || c.Op == op })
}

// ResetCalls forgets the calls done so far. Their numbers go on.
func (s *Server) ResetCalls() { s.calls.Reset() }

// begin records a call that has arrived.
func (s *Server) begin(r *request) Call {
	principal := r.key
	s.mu.Lock()
	if p, err := s.authenticate(r.key, r.token); err == nil {
		principal = p.arn
	}
	s.mu.Unlock()
	return s.calls.Begin(func(n int) Call { return Call{N: n, Op: r.op, Principal: principal, Name: r.subject()} })
}

// finish records a call that is done.
func (s *Server) finish(call Call, code string) {
	call.Done, call.Code = true, code
	s.calls.Finish(call)
}
