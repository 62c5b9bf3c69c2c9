package porttest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// token is the one live token of the credentials.
type token struct {
	value   string
	expires time.Time
	issued  int // how many there have been
}

func (t *token) live(now time.Time) bool { return t.value != "" && now.Before(t.expires) }

// ExpireTokens makes Port forget the live token: it is refused, and the next
// request for one gets another.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token.value = ""
}

// RejectCredentials makes Port refuse the credentials, and any token got with
// them, until it is switched off again.
func (s *Server) RejectCredentials(reject bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejectAll = reject
}

// authenticate checks the bearer token of a call.
func (s *Server) authenticate(header string) error {
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || s.rejectAll || !s.token.live(s.now()) || value != s.token.value {
		return refuse(http.StatusUnauthorized, "unauthorized", "the token is missing, wrong or expired")
	}
	return nil
}

// issueToken is the route token.
func (s *Server) issueToken(r *request) (answer, error) {
	if s.rejectAll || r.body["clientId"] != s.opts.ClientID || r.body["clientSecret"] != s.opts.ClientSecret {
		return answer{}, refuse(http.StatusUnauthorized, "unauthorized", "the client id or secret is wrong")
	}
	now := s.now()
	if !s.token.live(now) {
		n := s.token.issued + 1
		s.token = token{fmt.Sprintf("porttest-token-%d", n), now.Add(s.opts.TokenTTL), n}
	}
	left := max(1, int(s.token.expires.Sub(now).Seconds()))
	return ok(http.StatusOK, object{"accessToken": s.token.value, "expiresIn": left, "tokenType": "Bearer"}), nil
}
