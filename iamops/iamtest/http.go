package iamtest

import (
	"net/http"
	"time"

	"port-iam/internal/standin"
)

// ServeHTTP answers one call of IAM, STS or Identity Store in the account that it is for;
// which of the three is told by its Version, or its X-Amz-Target. Where a fault or the end of the request says so, it closes the
// connection without an answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, err := parseRequest(r)
	s.mu.Lock()
	s = s.route(req)
	s.mu.Unlock()
	call := s.begin(req)
	fault, kind, delay := s.faults.Take(func(f Fault) bool { return f.fits(call) })
	if !standin.Wait(r.Context(), s.opts.Delay+delay) {
		s.finish(call, "RequestEnded")
		panic(http.ErrAbortHandler)
	}

	var result any
	switch {
	case kind == LostRequest:
		s.finish(call, "LostRequest")
		panic(http.ErrAbortHandler)
	case kind == Refused:
		err = fault.refusal()
	case err == nil:
		result, err = s.apply(req)
	}
	s.finish(call, codeOf(err))
	if kind == LostAnswer {
		panic(http.ErrAbortHandler)
	}
	s.mu.Lock()
	now := s.awsNow()
	s.mu.Unlock()
	respond(w, req, call.N, now, result, err)
}

// apply admits, authenticates, authorises and performs a call in one step.
func (s *Server) apply(r *request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, known := s.operations[r.op]
	if err := r.check(op, known); err != nil {
		return nil, err
	}
	if s.throttles(op) {
		return nil, refuse(http.StatusBadRequest, "Throttling", "Rate exceeded")
	}
	caller, err := s.authenticate(r.key, r.token)
	if err != nil {
		return nil, err
	}
	r.caller = caller
	if op.target != nil {
		if err := s.authorize(r, op.target(s, r)); err != nil {
			return nil, err
		}
	}
	return op.apply(s, r)
}

// throttles reports whether this call is one too many. AWS counts the calls to Identity
// Store apart from those to IAM, even where one account makes both.
func (s *Server) throttles(op operation) bool {
	if op.version == storeVersion {
		return false
	}
	unlucky := s.share > 0 && s.random.Float64() < s.share
	return unlucky || s.opts.Rate > 0 && !s.bucket.take(s.opts.Now(), s.opts.Rate, s.opts.Burst)
}

// bucket admits a number of calls per second; tokens begins at the burst.
type bucket struct {
	tokens float64
	last   time.Time
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	if !b.last.IsZero() {
		b.tokens = min(burst, b.tokens+now.Sub(b.last).Seconds()*rate)
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// codeOf returns the code that an error is answered with, "" for none.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return asAPIError(err).code
}
