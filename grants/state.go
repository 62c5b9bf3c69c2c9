package grants

import (
	"slices"
	"strings"
	"time"
)

// State of a grant, as the metrics name it.
type State string

// The states that a sweep tells apart.
const (
	StateActive     State = "active"
	StateExpired    State = "expired"
	StateOrphaned   State = "orphaned"   // its run did not succeed, or Port knows nothing of it
	StateIncomplete State = "incomplete" // role, policy or entity is missing, or its removal was interrupted
	StateChanged    State = "changed"    // by hand
	StateForeign    State = "foreign"    // under our path or name, and not ours
)

// States that only the operator's list tells.
const (
	// StateMissing: its role exists, and Port has no entity of it or does not know
	// its run.
	StateMissing State = "missing in Port"
	// StateUnknown: Port or AWS could not be asked.
	StateUnknown State = "unknown"
)

// states are those that the metrics count.
var states = []State{StateActive, StateExpired, StateOrphaned, StateIncomplete, StateChanged, StateForeign}

// Reasons of removal, as the metrics name them.
const (
	removedExpired     = "expired"
	removedOrphaned    = "orphaned"
	removedInterrupted = "interrupted"
)

// Finding is what a sweep says about one name.
type Finding struct {
	Account string // in which it was found, or in which its entity says that it is
	Name    string
	State   State
	Ends    time.Time // zero: until revoked, or not known
	// Why says what is wrong; "" for an active grant.
	Why string
	// Removed: the sweep took it away, or would if it were not a dry run.
	Removed bool
}

// Report is what a sweep found and did.
type Report struct {
	Findings []Finding
	// Braked is how many grants look orphaned and were left: so many that
	// something else must be wrong.
	Braked int
	// Lost is how many lost runs were ended or handled.
	Lost int
	// Away are the accounts that could not be looked at to the end, and why.
	Away map[string]error
}

// add adds what was found in another account.
func (r *Report) add(other Report) {
	r.Findings = append(r.Findings, other.Findings...)
	r.Braked += other.Braked
}

// sort puts the findings in the order of accounts and, in each, of names.
func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return strings.Compare(a.Account, b.Account) })
}

func expired(end, now time.Time) bool { return !end.IsZero() && !now.Before(end) }
