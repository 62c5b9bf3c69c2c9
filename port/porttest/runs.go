package porttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// The states of a run.
const (
	statusInProgress = "IN_PROGRESS"
	statusWaiting    = "WAITING_FOR_APPROVAL"
	statusSuccess    = "SUCCESS"
	statusFailure    = "FAILURE"
	statusDeclined   = "DECLINED"
)

// Where a run may come from.
const (
	sourceUI         = "UI"
	sourceAPI        = "API"
	sourceAutomation = "AUTOMATION"
)

// RunSpec describes a run to start.
type RunSpec struct {
	// ID is the run's id; one is made up if it is empty.
	ID string
	// Action need not be known. Blueprint and Entity are what the run is started
	// on; Blueprint defaults to the action's.
	Action, Blueprint, Entity string
	// Requester is the e-mail of who starts it, empty for nobody.
	Requester string
	// ImpersonatedBy is the id of who starts it in the name of the requester.
	ImpersonatedBy string
	// Properties are the inputs, anything that becomes a JSON object.
	Properties any
	// RequiredApproval makes the run wait for approval; so does an action that
	// requires it.
	RequiredApproval bool
	// At is when the run is created, by default now.
	At time.Time
}

// Log is an entry of a run's log.
type Log struct {
	ID, Message, StatusLabel string
	TerminationStatus        string // SUCCESS, FAILURE or ""
	CreatedAt                time.Time
}

// RunState is a run as it stands. Properties and Logs must not be changed.
type RunState struct {
	ID                        string
	Action, Blueprint, Entity string
	Requester, ImpersonatedBy string
	// Source is UI, API or AUTOMATION.
	Source              string
	Status, StatusLabel string
	Summary             string
	Link                any // string or list of strings
	ExternalRunID       string
	RequiredApproval    bool
	// Approval is nil until the run is approved or declined.
	Approval   *Approval
	Properties map[string]json.RawMessage
	Logs       []Log
	// Ends is how often the run was ended.
	Ends int
	// EndedAt is zero while the run is open.
	CreatedAt, UpdatedAt, EndedAt time.Time
}

// Approval is how it was decided whether a waiting run may go on. It does not
// change.
type Approval struct {
	// UserID is Port's id of who decided.
	UserID string
	// State is APPROVED or DECLINED. Port's documents do not say which states there are.
	State       string
	Description string
}

// Ended tells whether the run can no longer change.
func (r *RunState) Ended() bool { return !r.EndedAt.IsZero() }

type run struct {
	RunState
	seq    int    // order of creation
	userID string // of who started it
}

// StartRun makes a run as if a user had started it in Port, and returns its id.
// It panics if the id is taken or the properties are no JSON object.
func (s *Server) StartRun(spec RunSpec) string {
	s.mu.Lock()
	source := sourceUI
	if a := s.actions[spec.Action]; a != nil {
		spec.RequiredApproval = spec.RequiredApproval || a.needsApproval()
		if spec.Blueprint == "" && spec.Entity != "" {
			spec.Blueprint = a.blueprint()
		}
		if a.automation() {
			source = sourceAutomation
		}
	}
	r, err := s.startRun(spec, source)
	s.mu.Unlock()
	if err != nil {
		panic("porttest: " + err.Error())
	}
	if r.Status == statusInProgress {
		s.onRun.Tell(r.ID)
	}
	return r.ID
}

func (s *Server) startRun(spec RunSpec, source string) (*run, error) {
	now := s.now()
	if spec.ID == "" {
		spec.ID = s.newID("r_")
	}
	if spec.At.IsZero() {
		spec.At = now
	}
	if s.runs.byID[spec.ID] != nil {
		return nil, fmt.Errorf("run %s exists already", spec.ID)
	}
	r := &run{RunState: RunState{
		ID: spec.ID, Action: spec.Action, Blueprint: spec.Blueprint, Entity: spec.Entity, Requester: spec.Requester,
		ImpersonatedBy: spec.ImpersonatedBy, Source: source, Status: statusInProgress, RequiredApproval: spec.RequiredApproval,
		Properties: map[string]json.RawMessage{},
		CreatedAt:  spec.At.UTC().Truncate(time.Millisecond), UpdatedAt: now,
	}}
	if spec.RequiredApproval {
		r.Status = statusWaiting
	}
	if spec.Properties != nil {
		b, err := toJSON(spec.Properties)
		if err == nil {
			err = json.Unmarshal(b, &r.Properties)
		}
		if err != nil {
			return nil, fmt.Errorf("properties of run %s: %w", spec.ID, err)
		}
	}
	r.userID = s.UserID(r.Requester)
	s.runs.add(r)
	return r, nil
}

// toJSON renders v; strings and bytes are taken as JSON already.
func toJSON(v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// OnRun has f called with the id of each run that becomes ready to be handled:
// when it is started, or approved if it requires that. Port is not locked
// meanwhile. remove ends it.
func (s *Server) OnRun(f func(id string)) (remove func()) { return s.onRun.Add(f) }

// endRun ends an open run.
func (s *Server) endRun(r *run, status string) {
	now := s.now()
	r.Status, r.UpdatedAt, r.EndedAt = status, now, now
	r.Ends++
	delete(s.runs.active, r)
}

// Run returns a run as it stands.
func (s *Server) Run(id string) (RunState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.runs.byID[id]
	if r == nil {
		return RunState{}, false
	}
	return r.snapshot(), true
}

// Runs returns all runs in the order of their creation.
func (s *Server) Runs() []RunState {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]RunState, 0, len(s.runs.all))
	for _, r := range s.runs.all {
		all = append(all, r.snapshot())
	}
	return all
}

// snapshot is a copy that later changes do not reach: entries of the log are
// only ever added.
func (r *run) snapshot() RunState {
	c := r.RunState
	c.Logs = slices.Clip(c.Logs)
	return c
}
