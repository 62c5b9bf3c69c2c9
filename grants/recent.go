package grants

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// keepRecent is how many ended runs are remembered, and keepReason how much of
	// the reason of each: memory must not grow with the time the daemon is up.
	keepRecent = 50
	keepReason = 500
)

// Ended is a run that this process ended.
type Ended struct {
	At        time.Time
	Operation string // grant, revoke or expire
	Outcome   string // succeeded, refused or failed
	Grant     string // its name
	Reason    string // why it did not succeed
	Took      time.Duration
	// Requester and Resource are for those who may see them; empty where the run
	// has none.
	Requester, Resource string
}

// Swept is what the last sweep of this instance left.
type Swept struct {
	At     time.Time
	Grants []Finding
}

// Recent returns the runs that this process ended last, the newest first. A
// restart forgets them: Port keeps them.
func (s *Service) Recent() []Ended { return s.recent.list() }

// LastSweep returns what the last complete sweep left; false where this instance
// does not sweep, or has not yet.
func (s *Service) LastSweep() (Swept, bool) {
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	return s.recent.swept, !s.recent.swept.At.IsZero()
}

// recent is what there is to look at. The zero value is empty.
type recent struct {
	mu    sync.Mutex
	runs  []Ended // a ring once it is full
	next  int     // in the ring
	swept Swept
}

func (r *recent) add(e Ended) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.runs) < keepRecent {
		r.runs = append(r.runs, e)
		return
	}
	r.runs[r.next] = e
	r.next = (r.next + 1) % keepRecent
}

func (r *recent) list() []Ended {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := append(slices.Clone(r.runs[r.next:]), r.runs[:r.next]...)
	slices.Reverse(out)
	return out
}

func (r *recent) noteSweep(rep Report) {
	left := slices.DeleteFunc(slices.Clone(rep.Findings), func(f Finding) bool { return f.Removed })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.swept = Swept{At: time.Now(), Grants: left}
}

// forgetSweep is for an instance that does not sweep any more.
func (r *recent) forgetSweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.swept = Swept{}
}

// ended describes the end of the job's run; attrs are those of its log line.
func (j *Job) ended(outcome string, took time.Duration, attrs []any) Ended {
	e := Ended{
		At: time.Now(), Operation: j.op, Outcome: outcome, Grant: j.name, Took: took, Requester: j.rec.Requester,
	}
	if j.op == opGrant {
		e.Resource = j.rec.Entity
	}
	for i := 0; i+1 < len(attrs); i += 2 {
		if text, ok := attrs[i+1].(string); ok && attrs[i] == keyReason {
			e.Reason = text
		}
	}
	if text := []rune(e.Reason); len(text) > keepReason {
		e.Reason = string(text[:keepReason]) + "…"
	}
	return e
}

const (
	// hidden stands for what is left out of a reason.
	hidden = "[hidden]"
	// leastWord is how long a word must be to be hidden: a name of one letter would
	// make holes into every text.
	leastWord = 2
)

var (
	// The last quotation may have lost its end when the reason was cut.
	quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*(?:"|$)`)
	anEmail   = regexp.MustCompile(`[^\s"'<>(),;:]+@[^\s"'<>(),;:]+`)
	anARN     = regexp.MustCompile(`arn:aws[^\s"',;)]*`)
	ourWords  = []string{inputPermissions, inputDuration, inputReason, blueprintResource, blueprintPermission, blueprintGrant, propertyType}
)

// PlainReason is the reason without people and resources. Reasons quote what
// others wrote, so all quotations go, except the names of inputs and blueprints.
func (e Ended) PlainReason() string {
	text := e.Reason
	local, _, _ := strings.Cut(e.Requester, "@")
	for _, known := range []string{e.Resource, e.Requester, local} {
		if len(known) >= leastWord {
			text = hideWord(text, known)
		}
	}
	text = quotation.ReplaceAllStringFunc(text, func(q string) string {
		if slices.Contains(ourWords, strings.Trim(q, `"`)) {
			return q
		}
		return hidden
	})
	return anEmail.ReplaceAllString(anARN.ReplaceAllString(text, hidden), hidden)
}

// hideWord hides a word in any letter case.
func hideWord(text, word string) string {
	whole := regexp.MustCompile(`(?i)(^|[^\pL\pN])` + regexp.QuoteMeta(word) + `($|[^\pL\pN])`)
	// Two neighbours share what is between them: the second one needs a second look.
	for range 2 {
		text = whole.ReplaceAllString(text, "${1}"+hidden+"${2}")
	}
	return text
}
