package port

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Status is the state of a run in Port.
type Status string

// The states that Port documents. A run is created InProgress, or
// WaitingForApproval where its action requires one.
const (
	StatusInProgress         Status = "IN_PROGRESS"
	StatusSuccess            Status = "SUCCESS"
	StatusFailure            Status = "FAILURE"
	StatusWaitingForApproval Status = "WAITING_FOR_APPROVAL"
	StatusDeclined           Status = "DECLINED"
)

// Ended reports whether a run in this state can no longer change.
func (s Status) Ended() bool {
	return s == StatusSuccess || s == StatusFailure || s == StatusDeclined
}

// Run is an action run as Port's API reports it. Everything that decides about
// access is taken from here and never from a Kafka record.
type Run struct {
	ID     string
	Action string // identifier of the action
	// Blueprint and Entity name what the run was started on; empty when it was
	// started on nothing.
	Blueprint string
	Entity    string
	Status    Status
	// CreatedBy is Port's id of who started the run; empty when Port does not say.
	CreatedBy string
	// ImpersonatedBy is Port's id of who started the run in the name of another
	// person (run_as); empty where nobody did.
	ImpersonatedBy string
	// Label is the status label; empty where there is none.
	Label string
	// RequiredApproval is true when a person had to approve the run.
	RequiredApproval bool
	// Approval is who approved the run; zero where Port does not say.
	Approval Approval
	// Properties are the inputs of the run, by name, undecoded.
	Properties map[string]json.RawMessage
	// CreatedAt is zero where Port does not say.
	CreatedAt time.Time
	// EndedAt is zero while the run is open. Where Port does not tell when a run
	// ended, it is when the run was last changed, and zero if Port does not tell
	// that either.
	EndedAt time.Time
	// Unread names what Port gave in another form than its API describes, by the
	// name that it has there. Its field here is zero, and means nothing: see
	// [Run.Readable].
	Unread []string
}

// Approval is what Port says of the approval of a run.
type Approval struct {
	// UserID is Port's id of who decided; empty where Port does not say.
	UserID string
	// State is how, as Port has it; empty where it does not say.
	State string
}

// Readable returns a [KindUnavailable] error if one of these members, by the names
// of Port's API, was given in a form that cannot be read. A caller that decides by
// a field asks for it first: it is zero then too, without being absent.
func (r Run) Readable(members ...string) error { return readable("read run "+r.ID, r.Unread, members) }

// Entity is an entity of Port's catalogue.
type Entity struct {
	Identifier string                     `json:"identifier"`
	Title      string                     `json:"title,omitempty"`
	Properties map[string]json.RawMessage `json:"properties,omitempty"`
	Relations  map[string]json.RawMessage `json:"relations,omitempty"`
	// UpdatedAt is when it was last changed; zero where Port does not say.
	UpdatedAt time.Time `json:"-"`
	// Unread is as for a [Run].
	Unread []string `json:"-"`
}

// Readable is as for a [Run].
func (e Entity) Readable(members ...string) error {
	return readable("read entity "+e.Identifier, e.Unread, members)
}

func readable(op string, unread, members []string) error {
	for _, m := range members {
		if slices.Contains(unread, m) {
			return &Error{
				Op: oneLine(op, maxOp), Kind: KindUnavailable, Status: http.StatusOK,
				Err: fmt.Errorf("the answer has %q in another form than Port's API describes", m),
			}
		}
	}
	return nil
}

// IsServiceAccount reports whether an e-mail is that of a program in Port: of a
// service account (…@serviceaccounts.getport.io) or a machine (…@clients). Nobody can
// sign in to anything else as one.
func IsServiceAccount(email string) bool {
	host := strings.ToLower(email[strings.LastIndexByte(email, '@')+1:])
	host = strings.Trim(strings.TrimSpace(host), ".")
	if host == "clients" {
		return true
	}
	labels := strings.Split(host, ".")
	own := strings.HasSuffix(host, ".getport.io") || strings.HasSuffix(host, ".port.io")
	return own && slices.Contains(labels, "serviceaccounts")
}

// Record is what a Kafka record says about a run. It only points at the run:
// nothing in it is believed until Port has confirmed it. It keeps a few kB at most,
// however long the value of the record was.
type Record struct {
	RunID  string
	Action string // identifier of the action
	// Blueprint and Entity name what the run was started on; empty when absent.
	Blueprint string
	Entity    string
	// Requester is the e-mail of who started the run; empty when absent.
	Requester string
	// Permissions are the first identifiers in the input [InputPermissions], each
	// once: a hint at best, the run has the true ones and all of them.
	Permissions []string
	// Signature is set by the caller that checked it, see [CheckSignature].
	Signature Signature
	// Time is the timestamp of the Kafka record.
	Time time.Time
}

// Size is how many bytes of memory the record keeps.
func (r Record) Size() int {
	n := int(reflect.TypeFor[Record]().Size())
	for _, s := range []string{r.RunID, r.Action, r.Blueprint, r.Entity, r.Requester} {
		n += len(s)
	}
	for _, s := range r.Permissions {
		n += int(reflect.TypeFor[string]().Size()) + len(s)
	}
	return n
}
