package porttest

// Call is one call that reached Port.
type Call struct {
	N     int    // counts from 1 in order of arrival
	Route string // "run_get", "entity_upsert", …; empty for an unknown one
	// ID is what the call is about: the id of the run, or the identifier of the
	// entity, action or blueprint. RunID is the run that a write to an entity is
	// tied to.
	ID, RunID string
	// Done is false before the call is applied and true afterwards. Status and
	// Code are set then: the HTTP status, 0 where the call was never applied, and
	// the error code, "" for none, LostRequest or RequestEnded where the call was
	// never applied.
	Done   bool
	Status int
	Code   string
}

// OnCall has f called twice for each call: when it has arrived, before faults
// are looked up and anything is applied, and once it is done but not answered
// yet. Port is not locked meanwhile, so f may use the server and may block the
// call. remove ends it.
func (s *Server) OnCall(f func(Call)) (remove func()) { return s.calls.Watch(f) }

// Calls returns the calls that are done, in the order in which they ended.
func (s *Server) Calls() []Call { return s.calls.Done() }

// CallCount returns how many calls of a route are done; "" counts all.
func (s *Server) CallCount(route string) int {
	return s.calls.Count(func(c Call) bool { return route == "" || c.Route == route })
}

// ResetCalls forgets the calls done so far. Their numbers go on.
func (s *Server) ResetCalls() { s.calls.Reset() }

// begin records a call that has arrived.
func (s *Server) begin(r *request) Call {
	call := Call{ID: r.subject(), RunID: r.query.Get("run_id")}
	if r.route != nil {
		call.Route = r.route.name
	}
	return s.calls.Begin(func(n int) Call {
		call.N = n
		return call
	})
}

// finish records a call that is done.
func (s *Server) finish(call Call, status int, code string) {
	call.Done, call.Status, call.Code = true, status, code
	s.calls.Finish(call)
}
