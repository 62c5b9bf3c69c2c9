package port

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// tokens holds the current access token. Its turn, a channel with one slot, is
// held while the token is looked at or fetched, so that one fetch serves all, also
// when it fails.
type tokens struct {
	turn     chan struct{}
	token    string // "" after Port has rejected it
	expires  time.Time
	failed   Error // of the last fetch that failed
	failedAt time.Time
}

const opToken = "get an access token"

// token returns the current token, or fetches one where there is none but the one
// that Port has rejected.
func (c *Client) token(ctx context.Context, rejected string) (string, *Error) {
	t, begun := &c.tokens, time.Now()
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", &Error{Op: opToken, Kind: KindUnavailable, Err: cause(ctx, ctx.Err())}
	}
	if t.token == rejected {
		t.token = ""
	}
	switch {
	case t.token != "" && time.Now().Before(t.expires):
		return t.token, nil
	case begun.Before(t.failedAt): // this call waited for that fetch
		e := t.failed
		return "", &e
	}
	body, _ := json.Marshal(map[string]string{"clientId": c.id, "clientSecret": c.secret}) // two strings always encode
	var answer struct {
		AccessToken string  `json:"accessToken"`
		ExpiresIn   float64 `json:"expiresIn"` // seconds
	}
	asked := time.Now()
	e := c.send(ctx, call{
		op: opToken, route: routeToken, method: http.MethodPost,
		path: []string{"auth", "access_token"}, into: &answer,
	}, body, "")
	if e == nil && answer.AccessToken == "" {
		e = incomplete(opToken, "accessToken")
	}
	if e != nil {
		// That the time of this call was over says nothing about Port.
		if e.Kind != KindUnavailable || ctx.Err() == nil {
			t.failed, t.failedAt = *e, time.Now()
		}
		return "", e
	}
	t.token, t.expires = answer.AccessToken, asked.Add(usable(answer.ExpiresIn))
	return t.token, nil
}

// usable is how long a token is used that lives for that many seconds: not in
// its last minute, nor in the last tenth of a shorter life. A token without a
// lifetime serves only one try.
func usable(seconds float64) time.Duration {
	life := min(max(seconds, 0), (24 * time.Hour).Seconds())
	return time.Duration((life - min(60, life/10)) * float64(time.Second))
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
