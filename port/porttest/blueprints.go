package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
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
	body        object
	permissions object
	entities    map[string]object
}

// property is the schema of one property of an entity.
type property struct {
	Type   string `json:"type"`
	Format string `json:"format"`
	Enum   any    `json:"enum"` // a list, or of an input a query that is not run here
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
	if values, _ := p.Enum.([]any); len(values) > 0 && !slices.Contains(values, v) {
		return fmt.Sprintf("must be one of %v", values)
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

// newBlueprint makes a blueprint of its body, with the entities it has.
func newBlueprint(body object, entities map[string]object) (*blueprint, error) {
	b := &blueprint{body: body, entities: entities}
	err := decodeInto(body, &b.model)
	b.permissions = newBlueprintPermissions(b.model.Identifier, slices.Sorted(maps.Keys(b.model.Schema.Properties)), slices.Sorted(maps.Keys(b.model.Relations)))
	return b, err
}

// AddBlueprint adds a blueprint, given as the JSON body of its creation. It
// panics on what cannot be read.
func (s *Server) AddBlueprint(text string) {
	var body object
	mustDecode(text, &body)
	b, err := newBlueprint(body, map[string]object{})
	if err != nil {
		panic("porttest: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blueprints[b.model.Identifier] = b
}

func mustDecode(text string, v any) {
	if err := json.Unmarshal([]byte(text), v); err != nil {
		panic("porttest: " + err.Error())
	}
}

// decodeInto reads the parts of a body that this package knows.
func decodeInto(body object, v any) error {
	b, err := json.Marshal(body)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return invalid("the body cannot be read: %v", err)
	}
	return nil
}

// stamped is a body as it is answered: with what Port adds, and what it takes
// from nobody.
func (s *Server) stamped(body object) object {
	o, at, by := maps.Clone(body), timestamp(s.now()), s.UserID("")
	for name, v := range map[string]string{"createdAt": at, "createdBy": by, "updatedAt": at, "updatedBy": by} {
		o[name] = v
	}
	return o
}

// Blueprint returns a blueprint as Port holds it; false when there is none. It
// must not be changed.
func (s *Server) Blueprint(id string) (map[string]any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.blueprints[id]; b != nil {
		return b.body, true
	}
	return nil, false
}

// Pages returns the blueprints that have a catalogue page, sorted.
func (s *Server) Pages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.pages))
}

// AddPage adds the catalogue page of a blueprint.
func (s *Server) AddPage(blueprint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[blueprint] = true
}

// getBlueprint is the route blueprint_get.
func (s *Server) getBlueprint(r *request) (answer, error) {
	b := s.blueprints[r.path["blueprint"]]
	if b == nil {
		return answer{}, notFound("blueprint", r.path["blueprint"])
	}
	return ok(http.StatusOK, object{"blueprint": s.stamped(b.body)}), nil
}

// postBlueprint is the route blueprint_create.
func (s *Server) postBlueprint(r *request) (answer, error) {
	b, err := newBlueprint(r.body, map[string]object{})
	if err != nil {
		return answer{}, err
	}
	id := b.model.Identifier
	if s.blueprints[id] != nil {
		return answer{}, refuse(http.StatusConflict, "identifier_taken", "blueprint %s exists", id)
	}
	if err := s.keepBlueprint(b); err != nil {
		return answer{}, err
	}
	if !r.query.Has("create_catalog_page") || r.flag("create_catalog_page") {
		s.pages[id] = true
	}
	return ok(http.StatusCreated, object{"blueprint": s.stamped(b.body)}), nil
}

// patchBlueprint is the route blueprint_patch. It merges the fields at the top
// only: who relies on more would lose what the customer has.
func (s *Server) patchBlueprint(r *request) (answer, error) {
	old := s.blueprints[r.path["blueprint"]]
	if old == nil {
		return answer{}, notFound("blueprint", r.path["blueprint"])
	}
	body := maps.Clone(old.body)
	maps.Copy(body, r.body)
	b, err := newBlueprint(body, old.entities)
	b.permissions = old.permissions
	if err == nil && b.model.Identifier != old.model.Identifier {
		err = invalid("this stand-in does not rename blueprints")
	}
	if err == nil {
		err = s.keepBlueprint(b)
	}
	if err != nil {
		return answer{}, err
	}
	return ok(http.StatusOK, object{"blueprint": s.stamped(b.body)}), nil
}

// keepBlueprint keeps a blueprint whose relations lead somewhere.
func (s *Server) keepBlueprint(b *blueprint) error {
	for name, rel := range b.model.Relations {
		if rel.Target != b.model.Identifier && s.blueprints[rel.Target] == nil {
			return notFound("blueprint of relation "+name, rel.Target)
		}
	}
	for name, p := range b.model.Schema.Properties {
		if p.Type == "" {
			return invalid("property %s has no type", name)
		}
	}
	s.blueprints[b.model.Identifier] = b
	return nil
}
