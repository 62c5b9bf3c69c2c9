package port

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

const (
	// refusalTime is how long a refusal of the route for tokens is believed where
	// Port does not say, and how soon a rejected token is replaced again.
	refusalTime = 10 * time.Second
	// leastHold is how long the first failures are believed that are no refusals:
	// no longer than the shortest wait before a quick retry.
	leastHold = 250 * time.Millisecond
	// fairTime is what Port must have had before a request for a token that its
	// caller gave up says something about Port.
	fairTime = 2 * time.Second
	// unknownLife is how long a token is used that does not say how long it lives.
	unknownLife = time.Minute
)

// tokens holds the current access token. Its turn, a channel with one slot, is
// held while the token is looked at or fetched, so that one fetch serves all. A
// fetch that failed answers all calls for a while: see hold.
type tokens struct {
	turn     chan struct{}
	token    string // "" while there is none
	expires  time.Time
	replaced time.Time // when a token was last given up because Port had rejected it

	failed   Error     // of the last fetch that failed
	until    time.Time // until when that failure answers for Port
	failures int       // fetches that failed in a row
}

const opToken = "get an access token"

// token returns the current token, or fetches one. rejected is the token that
// Port has rejected for the caller; "" for none. It is replaced at once, but once
// in refusalTime for all callers: if Port rejects the new one as well, a third
// will not help, and until then the call is told what Port says to the token that
// there is.
func (c *Client) token(ctx context.Context, rejected string) (string, *Error) {
	t := &c.tokens
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", &Error{Op: opToken, Kind: KindUnavailable, Err: cause(ctx, ctx.Err())}
	}
	now := time.Now()
	if t.token != "" && t.token == rejected && now.Sub(t.replaced) >= refusalTime {
		t.token, t.replaced = "", now
	}
	if t.token != "" && now.Before(t.expires) {
		return t.token, nil
	}
	if left := t.until.Sub(now); left > 0 {
		e := t.failed
		e.RetryAfter = left
		return "", &e
	}
	return c.fetchToken(ctx)
}

// fetchToken asks Port for a token. It is called by the one whose turn it is.
func (c *Client) fetchToken(ctx context.Context) (string, *Error) {
	body, _ := json.Marshal(map[string]string{"clientId": c.id, "clientSecret": c.secret}) // two strings always encode
	var answer struct {
		AccessToken string           `json:"accessToken"`
		ExpiresIn   lenient[float64] `json:"expiresIn"` // seconds
	}
	t, asked := &c.tokens, time.Now()
	e := c.send(ctx, call{
		op: opToken, route: routeToken, method: http.MethodPost,
		path: []string{"auth", "access_token"}, into: &answer,
	}, body, "")
	if e == nil && answer.AccessToken == "" {
		e = incomplete(opToken, "accessToken")
	}
	if e == nil {
		t.token, t.expires, t.failures = answer.AccessToken, asked.Add(usable(answer.ExpiresIn.value)), 0
		return t.token, nil
	}
	// That the time of this call was over says nothing about Port, unless Port
	// had time enough.
	took := time.Since(asked)
	if e.Kind != KindUnavailable || ctx.Err() == nil || took >= fairTime {
		held := *e
		if ctx.Err() != nil && errors.Is(held.Err, ctx.Err()) { // the words of one caller
			held.Err = tooLate(took.Round(time.Second))
		}
		t.hold(&held)
		e.RetryAfter = held.RetryAfter
	}
	return "", e
}

// hold lets a failure answer all calls for a while, so that the requests for
// tokens do not become more with the calls that wait for one. A refusal holds for
// as long as Port asks to wait, or for refusalTime. Any other failure holds for a
// moment, which leaves the quick retries of one call as they are, and then longer
// each time up to refusalTime.
func (t *tokens) hold(e *Error) {
	t.failures++
	d := min(refusalTime, leastHold<<min(max(0, t.failures-maxTries), 10))
	refused := e.Kind != KindUnavailable || e.Status == http.StatusTooManyRequests
	if refused && e.RetryAfter == 0 {
		d = refusalTime
	}
	d = max(d, e.RetryAfter)
	if refused {
		e.RetryAfter = d
	}
	t.failed, t.until = *e, time.Now().Add(d)
}

// usable is how long a token is used that lives for that many seconds: not in
// its last minute, nor in the last tenth of a shorter life, but for a second.
func usable(seconds float64) time.Duration {
	if seconds <= 0 { // or not said
		return unknownLife
	}
	life := min(seconds, (24 * time.Hour).Seconds())
	return max(time.Second, time.Duration((life-min(60, life/10))*float64(time.Second)))
}

// asTokenRefusal: whatever Port has against a request for a token, it is about
// the credentials. Its message is left out, for it might repeat parts of them;
// that of 403 is about the network which the request came from.
func asTokenRefusal(e *Error) {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusUnprocessableEntity:
		e.Kind = KindUnauthorized
		e.Message = "Port does not accept the client id and secret"
	case http.StatusNotFound:
		e.Kind = KindUnauthorized
		e.Message = "Port does not know the client id, or the base URL is not that of Port's API"
	case http.StatusForbidden:
	default:
		e.Message = ""
	}
}
