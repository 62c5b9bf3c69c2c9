package port

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options say which Port to speak to, and as whom.
type Options struct {
	// BaseURL is the root of the API, for instance https://api.port.io.
	BaseURL string
	// ClientID and ClientSecret are the credentials of the organisation.
	ClientID, ClientSecret string
	// HTTPClient carries the requests; nil means one of the client's own.
	// Its redirect policy is not used: a redirect counts as no answer.
	HTTPClient *http.Client
	// Log receives one line per request at level debug; nil means none.
	Log *slog.Logger
	// Registerer receives the metrics; nil means none.
	Registerer prometheus.Registerer
	// UserAgent names the program to Port; "" means "port-iam".
	UserAgent string
}

// Client calls Port's API. It is safe for concurrent use.
//
// Every method that fails returns an [*Error]. A call is tried at most four
// times: again after 429, and after any other [KindUnavailable] where a repeated
// request does no harm; what did not even get a token was not sent and may be
// repeated.
//
// A call takes at most 10 s in all, its tries, its waits and its token included.
// A try that may be followed by another is given up after 5 s, save for a list
// of runs, whose answer may be long; no try begins later than 8 s after the
// first. When Port asks for a longer wait than that, or ctx ends, the call
// returns at once; an error that ctx caused wraps the error of ctx.
//
// All calls share one access token. A refusal of a token (401, 403, 404, 422, 429
// and the like) is believed for as long as Port asks to wait, else for 10 s: until
// then every call fails with it and none asks again. Other failures to get a token
// are believed for a quarter of a second at first, and for up to 10 s while they
// go on. A token that Port rejects (401) is replaced at once, but only once in
// 10 s, whatever becomes of the next one; a call is then sent once more, and
// [KindUnauthorized] if Port says 401 again. So wrong credentials make a few
// requests for tokens a minute, however many calls there are, and a repaired
// Port is noticed within 10 s. A token that does not say how long it lives is used
// for a minute.
//
// Of an answer at most 4 MiB are read, and 32 MiB of a list of runs or entities. A
// longer one is [KindUnavailable], for nothing is known of what was asked, and the
// call does not try again by itself.
//
// A member of an answer that has another form than Port's API describes counts as
// absent, and does not hide the others: see [Run.Readable] for what to do about
// those that decide.
//
// A name that nothing in Port can have ("", "." and "..", more than 1000
// characters) is [KindNotFound] without a request.
type Client struct {
	base      string // without a slash at its end
	id        string
	secret    string
	userAgent string
	http      *http.Client
	log       *slog.Logger
	metrics   *metrics
	tokens    tokens
}

// New checks the options and makes a client. It sends nothing: the first call
// fetches an access token. The error names the option that is wrong.
func New(o Options) (*Client, error) {
	base, err := checkBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.ClientID == "" || o.ClientSecret == "" {
		return nil, errors.New("port: client id and client secret must both be set")
	}
	c := &Client{base: base, id: o.ClientID, secret: o.ClientSecret, userAgent: o.UserAgent, log: o.Log}
	if c.userAgent == "" {
		c.userAgent = "port-iam"
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.tokens.turn = make(chan struct{}, 1)
	c.http = noRedirects(o.HTTPClient)
	if c.metrics, err = newMetrics(o.Registerer); err != nil {
		return nil, fmt.Errorf("port: register metrics: %w", err)
	}
	return c, nil
}

// checkBaseURL does not repeat the URL in its errors: it might hold a password.
func checkBaseURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "", errors.New("port: base URL must look like https://api.port.io")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return "", errors.New("port: base URL must hold neither credentials nor a query nor a fragment")
	}
	return strings.TrimRight(s, "/"), nil
}

// noRedirects copies the client because a redirect would turn a write into a
// GET, whose success would say nothing.
func noRedirects(given *http.Client) *http.Client {
	var hc http.Client
	if given != nil {
		hc = *given
	} else {
		hc.Transport = newTransport()
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &hc
}

func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	// Within the time of a call that is not tried again, see [Client].
	t.DialContext = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.TLSHandshakeTimeout = 5 * time.Second
	t.MaxIdleConnsPerHost = 64
	// A connection that died silently is noticed and replaced.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
	return t
}
