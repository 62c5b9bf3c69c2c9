package porttest

import "net/http"

// action is a self-service action or an automation.
type action struct {
	model struct {
		Identifier string `json:"identifier"`
		Trigger    struct {
			Type      string `json:"type"`
			Operation string `json:"operation"`
			Blueprint string `json:"blueprintIdentifier"`
			Event     struct {
				Type string `json:"type"`
			} `json:"event"`
			Inputs struct {
				Properties map[string]property `json:"properties"`
				Required   []string            `json:"required"`
			} `json:"userInputs"`
		} `json:"trigger"`
		RequiredApproval any `json:"requiredApproval"`
	}
	body object
}

func (a *action) id() string        { return a.model.Identifier }
func (a *action) blueprint() string { return a.model.Trigger.Blueprint }
func (a *action) automation() bool  { return a.model.Trigger.Type == "automation" }

func (a *action) needsApproval() bool {
	yes, isBool := a.model.RequiredApproval.(bool)
	return yes || !isBool && a.model.RequiredApproval != nil
}

// checkInputs checks the inputs of a run as the form does.
func (a *action) checkInputs(inputs object) error {
	for _, name := range a.model.Trigger.Inputs.Required {
		if inputs[name] == nil {
			return invalid("input %s is required", name)
		}
	}
	for name, v := range inputs {
		p, known := a.model.Trigger.Inputs.Properties[name]
		if !known {
			return invalid("there is no input %q", name)
		}
		if wrong := p.check(v); wrong != "" {
			return invalid("input %s %s", name, wrong)
		}
	}
	return nil
}

// AddAction adds an action or automation, given as the JSON body of its
// creation. It panics on what cannot be read.
func (s *Server) AddAction(text string) {
	a := &action{}
	mustDecode(text, &a.model)
	mustDecode(text, &a.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.actions[a.id()] = a
}

// operation is what an action does to its entity; what Port is not told of is
// DAY-2. Of an automation it is the event that starts it.
func (s *Server) operation(action string) string {
	a := s.actions[action]
	switch {
	case a == nil:
		return "DAY-2"
	case a.automation():
		return a.model.Trigger.Event.Type
	}
	return a.model.Trigger.Operation
}

// getAction is the route action_get.
func (s *Server) getAction(r *request) (answer, error) {
	a := s.actions[r.path["action"]]
	if a == nil {
		return answer{}, notFound("action", r.path["action"])
	}
	return ok(http.StatusOK, object{"action": a.body}), nil
}
