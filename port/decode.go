package port

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// Verdict is what a Kafka record turned out to be.
type Verdict int

const (
	// VerdictRun: a run of a Kafka-invoked action. Its RunID and its Action may
	// be empty.
	VerdictRun Verdict = iota
	// VerdictMalformed: not a JSON object.
	VerdictMalformed
	// VerdictChangeLog: a change in Port, of a run too, but not a run to perform.
	VerdictChangeLog
	// VerdictWorkflow: a node of a workflow, which is reported elsewhere.
	VerdictWorkflow
	// VerdictOtherBackend: a run that another kind of backend performs.
	VerdictOtherBackend
)

// envelope is what Port writes for a run. Port documents three forms of it: the
// object itself, the object made by the template of an action, which looks the
// same, and either of them wrapped as the payload of another object.
type envelope struct {
	Action               named           `json:"action"`
	ResourceType         string          `json:"resourceType"`
	Diff                 json.RawMessage `json:"diff"`
	ChangelogDestination json.RawMessage `json:"changelogDestination"`
	Context              struct {
		RunID         string `json:"runId"`
		WorkflowRunID string `json:"workflowRunId"`
		NodeRunID     string `json:"nodeRunId"`
		Blueprint     named  `json:"blueprint"`
		Entity        named  `json:"entity"`
	} `json:"context"`
	Trigger struct {
		By struct {
			User struct {
				Email string `json:"email"`
			} `json:"user"`
		} `json:"by"`
	} `json:"trigger"`
	Properties map[string]json.RawMessage `json:"properties"`
	Payload    *envelope                  `json:"payload"`
}

// Decode reads the value of a record. The Record is filled for [VerdictRun]
// only; its Time is left for the caller, who has the record.
//
// Decode is lenient: unknown fields are ignored, a field of the wrong type is
// treated as absent, and of a repeated name, in any letter case, the last one
// counts. That is harmless because the outcome only points at a run, and
// everything that matters is then read from Port.
func Decode(value []byte) (Record, Verdict) {
	if !isObject(value) {
		return Record{}, VerdictMalformed
	}
	var root envelope
	var wrongType *json.UnmarshalTypeError
	if err := json.Unmarshal(value, &root); err != nil && !errors.As(err, &wrongType) {
		return Record{}, VerdictMalformed
	}
	m := root.unwrap()
	switch {
	case root.isChange() || m.isChange():
		return Record{}, VerdictChangeLog
	case root.isWorkflow() || m.isWorkflow():
		return Record{}, VerdictWorkflow
	case m.isForOther():
		return Record{}, VerdictOtherBackend
	case m.ResourceType != "" && m.ResourceType != "run":
		return Record{}, VerdictChangeLog
	}
	r := Record{
		RunID:     m.Context.RunID,
		Action:    m.Action.Identifier,
		Blueprint: m.Context.Blueprint.Identifier,
		Entity:    m.Context.Entity.Identifier,
		Requester: m.Trigger.By.User.Email,
	}
	// A template may shorten the outer name, so the inner one goes first.
	if m.Payload != nil && m.Payload.Action.Identifier != "" {
		r.Action = m.Payload.Action.Identifier
	}
	if m.Payload != nil {
		r.Properties = m.Payload.Properties
	}
	return r, VerdictRun
}

// isObject reports whether b, if it is JSON, is a JSON object.
func isObject(b []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{"))
}

// unwrap returns the run inside m if m only wraps one, otherwise m.
func (m *envelope) unwrap() *envelope {
	if p := m.Payload; m.Context.RunID == "" && p != nil && p.Context.RunID != "" && p.ResourceType != "" {
		return p
	}
	return m
}

func (m *envelope) isChange() bool {
	return len(m.Diff) > 0 || len(m.ChangelogDestination) > 0
}

// isWorkflow goes by the run and not by the payload, in which a workflow can put
// whatever it likes.
func (m *envelope) isWorkflow() bool {
	c := m.Context
	return strings.HasPrefix(c.RunID, "wfnr_") || c.RunID == "" && (c.WorkflowRunID != "" || c.NodeRunID != "")
}

func (m *envelope) isForOther() bool {
	if m.Payload == nil {
		return false
	}
	how := m.Payload.Action.InvocationMethod
	return how.Agent || how.Type != "" && how.Type != "KAFKA"
}
