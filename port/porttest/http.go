package porttest

import (
	"net/http"

	"port-iam/internal/standin"
)

// ServeHTTP answers one call. Where a fault or the end of the request says so,
// it closes the connection without an answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, err := parseRequest(s.routes, r)
	call := s.begin(req)
	fault, kind, delay := s.faults.Take(func(f Fault) bool { return f.fits(call) })
	if !standin.Wait(r.Context(), s.opts.Delay+delay) {
		s.finish(call, 0, "RequestEnded")
		panic(http.ErrAbortHandler)
	}

	var a answer
	switch kind {
	case LostRequest:
		s.finish(call, 0, "LostRequest")
		panic(http.ErrAbortHandler)
	case Refused:
		err = fault.refusal()
	default:
		a, err = s.apply(req, err)
		if req.ready != "" {
			s.onRun.Tell(req.ready)
		}
	}
	status, code := statusOf(a, err)
	s.finish(call, status, code)
	if kind == LostAnswer {
		panic(http.ErrAbortHandler)
	}
	respond(w, call.N, a, err)
}

// apply authenticates, checks and performs a call in one step. malformed is what
// was wrong with reading it; Port looks at the token before it says so.
func (s *Server) apply(r *request, malformed error) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.route == nil {
		return answer{}, malformed
	}
	if !r.route.open {
		if err := s.authenticate(r.authorization); err != nil {
			return answer{}, err
		}
	}
	if malformed != nil {
		return answer{}, malformed
	}
	return r.route.apply(s, r)
}
