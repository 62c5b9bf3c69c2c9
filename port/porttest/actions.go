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
				Type      string `json:"type"`
				Blueprint string `json:"blueprintIdentifier"`
				Property  string `json:"propertyIdentifier"`
			} `json:"event"`
			Inputs struct {
				Properties map[string]property `json:"properties"`
				Required   any                 `json:"required"` // a list, or a query that is not run here
			} `json:"userInputs"`
		} `json:"trigger"`
		RequiredApproval any `json:"requiredApproval"`
		Invocation       struct {
			Payload any `json:"payload"`
		} `json:"invocationMethod"`
	}
	body        object
	permissions object
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
	required, _ := a.model.Trigger.Inputs.Required.([]any)
	for _, v := range required {
		if name, _ := v.(string); inputs[name] == nil {
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

// newAction makes an action of its body.
func newAction(body object) (*action, error) {
	a := &action{body: body, permissions: newActionPermissions()}
	return a, decodeInto(body, &a.model)
}

// AddAction adds an action or automation, given as the JSON body of its
// creation. It panics on what cannot be read.
func (s *Server) AddAction(text string) {
	var body object
	mustDecode(text, &body)
	a, err := newAction(body)
	if err != nil {
		panic("porttest: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.actions[a.id()] = a
}

// Action returns an action as Port holds it; false when there is none. It must
// not be changed.
func (s *Server) Action(id string) (map[string]any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.actions[id]; a != nil {
		return a.body, true
	}
	return nil, false
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
	return ok(http.StatusOK, object{"action": s.stamped(a.body)}), nil
}

// postAction is the route action_create.
func (s *Server) postAction(r *request) (answer, error) {
	a, err := newAction(r.body)
	if err != nil {
		return answer{}, err
	}
	if s.actions[a.id()] != nil {
		return answer{}, refuse(http.StatusConflict, "identifier_taken", "action %s exists", a.id())
	}
	return s.keepAction(http.StatusCreated, a)
}

// putAction is the route action_put.
func (s *Server) putAction(r *request) (answer, error) {
	a, err := newAction(r.body)
	old := s.actions[r.path["action"]]
	switch {
	case err != nil:
		return answer{}, err
	case old == nil:
		return answer{}, notFound("action", r.path["action"])
	case a.id() != r.path["action"]:
		return answer{}, invalid("this stand-in does not rename actions")
	}
	a.permissions = old.permissions
	return s.keepAction(http.StatusOK, a)
}

// keepAction keeps an action whose blueprint exists.
func (s *Server) keepAction(status int, a *action) (answer, error) {
	id := a.blueprint()
	if a.automation() {
		id = a.model.Trigger.Event.Blueprint
	}
	if id != "" && s.blueprints[id] == nil {
		return answer{}, notFound("blueprint", id)
	}
	s.actions[a.id()] = a
	return ok(status, object{"action": s.stamped(a.body)}), nil
}
