package porttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// blueprint is a kind of entity, and the entities of that kind by identifier.
type blueprint struct {
	model struct {
		Identifier string `json:"identifier"`
		Title      string `json:"title"`
		Schema     struct {
			Properties map[string]property `json:"properties"`
			Required   []string            `json:"required"`
		} `json:"schema"`
		Relations map[string]struct {
			Target string `json:"target"`
			Many   bool   `json:"many"`
		} `json:"relations"`
	}
	body     object
	entities map[string]object
}

// property is the schema of one property of an entity.
type property struct {
	Type   string `json:"type"`
	Format string `json:"format"`
	Enum   []any  `json:"enum"`
}

// check says what is wrong with a value, "" for nothing.
func (p property) check(v any) string {
	right := false
	switch v := v.(type) {
	case string:
		right = p.Type == "string" && p.checkFormat(v)
	case bool:
		right = p.Type == "boolean"
	case float64:
		right = p.Type == "number"
	case object:
		right = p.Type == "object"
	case []any:
		right = p.Type == "array"
	}
	if !right {
		return fmt.Sprintf("must be of type %s %s", p.Type, p.Format)
	}
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, v) {
		return fmt.Sprintf("must be one of %v", p.Enum)
	}
	return ""
}

func (p property) checkFormat(v string) bool {
	switch p.Format {
	case "timer", "date-time":
		_, err := time.Parse(time.RFC3339, v)
		return err == nil
	case "url":
		u, err := url.Parse(v)
		return err == nil && u.Scheme != "" && u.Host != ""
	}
	return true
}

// AddBlueprint adds a blueprint, given as the JSON body of its creation. It
// panics on what cannot be read.
func (s *Server) AddBlueprint(text string) {
	b := &blueprint{entities: map[string]object{}}
	mustDecode(text, &b.model)
	mustDecode(text, &b.body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blueprints[b.model.Identifier] = b
}

func mustDecode(text string, v any) {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		panic("porttest: " + err.Error())
	}
}

// getBlueprint is the route blueprint_get.
func (s *Server) getBlueprint(r *request) (answer, error) {
	b := s.blueprints[r.path["blueprint"]]
	if b == nil {
		return answer{}, notFound("blueprint", r.path["blueprint"])
	}
	return ok(http.StatusOK, object{"blueprint": b.body}), nil
}
