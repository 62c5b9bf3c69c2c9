package porttest

import (
	"fmt"
	"sync"
	"time"

	"port-iam/internal/standin"
)

// Options describe an organisation. The zero value is a fast one named org_demo.
type Options struct {
	// OrgID is the id of the organisation. Default "org_demo".
	OrgID string
	// ClientID and ClientSecret are accepted for a token. Default "client", "secret".
	ClientID, ClientSecret string
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Delay is waited before each call is applied.
	Delay time.Duration
	// TokenTTL is how long a token lives. Default 3 h.
	TokenTTL time.Duration
	// Kafka access as the organisation is told.
	KafkaBrokers                 []string
	KafkaUsername, KafkaPassword string
}

// Server is one organisation. It is safe for concurrent use.
type Server struct {
	opts   Options
	routes []route

	mu         sync.Mutex
	token      token
	rejectAll  bool
	runs       runTable
	actions    map[string]*action
	blueprints map[string]*blueprint
	pages      map[string]bool // blueprints that have a catalogue page
	teams      map[string]bool
	ids        uint64

	faults standin.Faults[Fault]
	calls  standin.Calls[Call]
	onRun  standin.Hooks[string]
}

// New makes an organisation without anything in it.
func New(o Options) *Server {
	text := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	text(&o.OrgID, "org_demo")
	text(&o.ClientID, "client")
	text(&o.ClientSecret, "secret")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenTTL == 0 {
		o.TokenTTL = 3 * time.Hour
	}
	return &Server{
		opts: o, routes: routes(), runs: newRunTable(),
		actions: map[string]*action{}, blueprints: map[string]*blueprint{}, pages: map[string]bool{}, teams: map[string]bool{},
	}
}

// now is the time in Port's precision.
func (s *Server) now() time.Time { return s.opts.Now().UTC().Truncate(time.Millisecond) }

// timestamp is a time as Port writes it.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// newID makes an id of 16 letters and digits that differ in letter case too.
func (s *Server) newID(prefix string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	s.ids++
	// An odd factor permutes the numbers of 64 bits: no id comes twice.
	n := s.ids * 0x9E3779B97F4A7C15
	id := make([]byte, 16)
	for i := range id {
		id[i] = alphabet[n%uint64(len(alphabet))]
		n = n/uint64(len(alphabet)) + uint64(i)
	}
	copy(id[10:], fmt.Sprintf("%06d", s.ids%1000000))
	return prefix + string(id)
}
