package port

import (
	"encoding/json"
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
	// RequiredApproval is true when a person had to approve the run.
	RequiredApproval bool
	// Properties are the inputs of the run, by name, undecoded.
	Properties map[string]json.RawMessage
	CreatedAt  time.Time
	// EndedAt is zero while the run is open. Where Port does not tell when a run
	// ended, it is when the run was last changed.
	EndedAt time.Time
}

// Entity is an entity of Port's catalogue.
type Entity struct {
	Identifier string                     `json:"identifier"`
	Title      string                     `json:"title,omitempty"`
	Properties map[string]json.RawMessage `json:"properties,omitempty"`
	Relations  map[string]json.RawMessage `json:"relations,omitempty"`
}

// Record is what a Kafka record says about a run. It only points at the run:
// nothing in it is believed until Port has confirmed it.
type Record struct {
	RunID  string
	Action string // identifier of the action
	// Blueprint and Entity name what the run was started on; empty when absent.
	Blueprint string
	Entity    string
	// Requester is the e-mail of who started the run; empty when absent.
	Requester string
	// Properties are the inputs as the record has them: a hint at best, the
	// run has the true ones.
	Properties map[string]json.RawMessage
	// Signature is set by the caller that checked it, see [CheckSignature].
	Signature Signature
	// Time is the timestamp of the Kafka record.
	Time time.Time
}

// Size is about how many bytes r keeps.
func (r Record) Size() int { return len(r.RunID) }
