package port

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// tokens holds the current access token and the one fetch that may be under way.
type tokens struct {
	mu      sync.Mutex
	token   string
	expires time.Time
	fetch   *fetch
}

// fetch is shared by all who wait for its outcome. Its results are set before
// done is closed.
type fetch struct {
	done      chan struct{}
	token     string
	err       *Error
	abandoned bool // its maker's time was over, so the outcome says nothing about Port
}

func (t *tokens) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == token {
		t.token = ""
	}
}

// token returns the current token or fetches one. The error is the caller's own
// copy.
func (c *Client) token(ctx context.Context) (string, *Error) {
	t := &c.tokens
	for {
		t.mu.Lock()
		if t.token != "" && time.Now().Before(t.expires) {
			defer t.mu.Unlock()
			return t.token, nil
		}
		f := t.fetch
		if f == nil {
			f = &fetch{done: make(chan struct{})}
			t.fetch = f
			t.mu.Unlock()
			c.fetchToken(ctx, f)
		} else {
			t.mu.Unlock()
		}
		select {
		case <-f.done:
		case <-ctx.Done():
		}
		switch {
		case ctx.Err() != nil:
			return "", &Error{Op: opToken, Kind: KindUnavailable, Err: cause(ctx, ctx.Err())}
		case f.abandoned:
		case f.err != nil:
			e := *f.err
			return "", &e
		default:
			return f.token, nil
		}
	}
}

const opToken = "get an access token"

func (c *Client) fetchToken(ctx context.Context, f *fetch) {
	body, _ := json.Marshal(map[string]string{"clientId": c.id, "clientSecret": c.secret}) // two strings always encode
	var answer struct {
		AccessToken string  `json:"accessToken"`
		ExpiresIn   float64 `json:"expiresIn"` // seconds
	}
	asked := time.Now()
	f.err = c.send(ctx, call{
		op: opToken, route: routeToken, method: http.MethodPost,
		path: []string{"auth", "access_token"}, into: &answer,
	}, body, "")
	f.abandoned = f.err != nil && f.err.Kind == KindUnavailable && ctx.Err() != nil
	if f.err == nil && answer.AccessToken == "" {
		f.err = &Error{
			Op: opToken, Kind: KindUnavailable, Status: http.StatusOK,
			Err: errors.New("the answer holds no token"),
		}
	}
	f.token = answer.AccessToken

	t := &c.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.err == nil {
		t.token, t.expires = f.token, asked.Add(usable(answer.ExpiresIn))
	}
	t.fetch = nil
	close(f.done)
}

// usable is how long a token is used that lives for that many seconds: not in
// its last minute, nor in the last tenth of a shorter life. A token without a
// lifetime serves only those who wait for it.
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
