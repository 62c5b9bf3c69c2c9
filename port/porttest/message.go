package porttest

import (
	"encoding/json"
	"fmt"
)

// Form is how a run is written to Kafka.
type Form int

const (
	// FormTemplated is the message template of the action, rendered at the root;
	// of an action without one it is that of the guide.
	FormTemplated Form = iota
	// FormEnvelope is the envelope of actions without a template.
	FormEnvelope
	// FormWrapped has the templated message one level down, under payload.
	FormWrapped
)

// Message renders the Kafka message of a run. It panics when there is no such
// run, and on a template of more than paths.
func (s *Server) Message(id string, form Form) []byte {
	r, found := s.Run(id)
	if !found {
		panic("porttest: no run " + id)
	}
	s.mu.Lock()
	user, operation := s.UserID(r.Requester), s.operation(r.Action)
	s.mu.Unlock()
	by := object{"orgId": s.opts.OrgID, "userId": user}
	if r.Requester != "" {
		by["user"] = object{"email": r.Requester, "id": user, "status": "ACTIVE"}
	}
	act := object{"identifier": r.Action, "trigger": operation, "invocationMethod": object{"type": "KAFKA"}}
	trigger := object{"by": by, "origin": r.Source, "at": timestamp(r.CreatedAt)}
	if form == FormEnvelope {
		act["id"], act["title"] = "action_"+r.Action, r.Action
	} else if r.Source != sourceAutomation {
		trigger["operation"] = operation
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	var entity any
	if r.Entity != "" {
		entity = object{"identifier": r.Entity, "title": r.Entity, "blueprint": text(r.Blueprint)}
	}
	m := object{
		"action": r.Action, "resourceType": "run", "status": "TRIGGERED", "trigger": trigger,
		"context": object{"entity": text(r.Entity), "blueprint": text(r.Blueprint), "runId": r.ID},
		"payload": object{"entity": entity, "action": act, "properties": r.Properties},
	}
	if own := s.ownMessage(&r, trigger); own != nil && form != FormEnvelope {
		m = own
	}
	if form == FormWrapped {
		m = object{"payload": m}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("porttest: render run %s: %v", id, err))
	}
	return b
}

// ownMessage renders the template of a run's action; nil where it has none.
func (s *Server) ownMessage(r *RunState, trigger object) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.actions[r.Action]
	if a == nil || a.model.Invocation.Payload == nil {
		return nil
	}
	m, isObject := render(a.model.Invocation.Payload, s.templateData(r, a, trigger)).(object)
	if !isObject {
		panic("porttest: the template of " + r.Action + " is not an object")
	}
	return m
}
