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

// AddEntity adds or replaces an entity, given as JSON. It panics on what Port
// would refuse.
func (s *Server) AddEntity(blueprint, text string) {
	var e object
	mustDecode(text, &e)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.putEntity(blueprint, e, false); err != nil {
		panic("porttest: " + err.Error())
	}
}

// Entity returns an entity as Port holds it; false when there is none.
func (s *Server) Entity(blueprint, id string) (map[string]any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blueprints[blueprint]
	if b == nil || b.entities[id] == nil {
		return nil, false
	}
	return maps.Clone(b.entities[id]), true
}

// Entities returns the identifiers of all entities of a blueprint, sorted.
func (s *Server) Entities(blueprint string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.blueprints[blueprint]; b != nil {
		return slices.Sorted(maps.Keys(b.entities))
	}
	return nil
}

func entityShape() *shape {
	return &shape{
		fields: map[string]rule{
			"identifier": identifier(entityChars, 1000), "title": isText, "icon": isText, "team": either(isText, isTexts, isNull),
			"properties": isObject, "relations": isObject,
		},
		required: []string{"identifier"}, open: true,
	}
}

// putEntity checks an entity against its blueprint and keeps it. merge changes
// only what is given.
func (s *Server) putEntity(name string, e object, merge bool) error {
	b := s.blueprints[name]
	if b == nil {
		return notFound("blueprint", name)
	}
	id, _ := e["identifier"].(string)
	kept := object{"identifier": id, "title": id, "blueprint": name, "properties": object{}, "relations": object{}}
	if old := b.entities[id]; old != nil && merge {
		kept = maps.Clone(old)
	}
	for _, part := range []string{"properties", "relations"} {
		all := maps.Clone(kept[part].(object))
		given, _ := e[part].(object)
		maps.Copy(all, given)
		kept[part] = all
	}
	if t, ok := e["title"].(string); ok {
		kept["title"] = t
	}
	if err := s.fits(b, kept); err != nil {
		return err
	}
	b.entities[id] = kept
	return nil
}

func (s *Server) fits(b *blueprint, e object) error {
	properties := e["properties"].(object)
	for _, name := range b.model.Schema.Required {
		if properties[name] == nil {
			return refuse(http.StatusUnprocessableEntity, "blueprint_schema_mismatch", "property %s is required", name)
		}
	}
	for name, v := range properties {
		p, known := b.model.Schema.Properties[name]
		wrong := "is not a property of the blueprint"
		if known {
			wrong = p.check(v)
		}
		if wrong != "" {
			return refuse(http.StatusUnprocessableEntity, "blueprint_schema_mismatch", "property %s %s", name, wrong)
		}
	}
	for name, v := range e["relations"].(object) {
		rel, known := b.model.Relations[name]
		if !known {
			return notFound("relation", name)
		}
		targets, many := v.([]any)
		if !many {
			targets = []any{v}
		}
		if many != rel.Many {
			return refuse(http.StatusUnprocessableEntity, "relation_many_violation", "relation %s has the wrong number of targets", name)
		}
		for _, t := range targets {
			id, _ := t.(string)
			if to := s.blueprints[rel.Target]; to == nil || to.entities[id] == nil {
				return notFound("entity", id)
			}
		}
	}
	return nil
}

// runOf checks the run that a write is tied to: it must be open.
func (s *Server) runOf(r *request) error {
	id := r.query.Get("run_id")
	if id == "" {
		return nil
	}
	run := s.runs.byID[id]
	switch {
	case run == nil:
		return notFound("run", id)
	case run.Ended():
		return refuse(http.StatusBadRequest, "run_exhausted", "run %s has ended", id)
	}
	return nil
}

// postEntity is the route entity_upsert.
func (s *Server) postEntity(r *request) (answer, error) {
	name, id := r.path["blueprint"], r.body["identifier"].(string)
	if err := s.runOf(r); err != nil {
		return answer{}, err
	}
	b := s.blueprints[name]
	if b == nil {
		return answer{}, notFound("blueprint", name)
	}
	if b.entities[id] != nil && !r.flag("upsert") {
		return answer{}, refuse(http.StatusConflict, "identifier_taken", "entity %s exists", id)
	}
	if err := s.putEntity(name, r.body, r.flag("merge")); err != nil {
		return answer{}, err
	}
	return ok(http.StatusCreated, object{"entity": b.entities[id]}), nil
}

func (s *Server) findEntity(r *request) (*blueprint, object, error) {
	b := s.blueprints[r.path["blueprint"]]
	if b == nil {
		return nil, nil, notFound("blueprint", r.path["blueprint"])
	}
	e := b.entities[r.path["entity"]]
	if e == nil {
		return nil, nil, notFound("entity", r.path["entity"])
	}
	return b, e, nil
}

// getEntity is the route entity_get.
func (s *Server) getEntity(r *request) (answer, error) {
	_, e, err := s.findEntity(r)
	return ok(http.StatusOK, object{"entity": e}), err
}

// deleteEntity is the route entity_delete.
func (s *Server) deleteEntity(r *request) (answer, error) {
	if err := s.runOf(r); err != nil {
		return answer{}, err
	}
	b, _, err := s.findEntity(r)
	if err != nil {
		return answer{}, err
	}
	delete(b.entities, r.path["entity"])
	return ok(http.StatusOK, object{}), nil
}

// listEntities is the route entity_list.
func (s *Server) listEntities(r *request) (answer, error) {
	b := s.blueprints[r.path["blueprint"]]
	if b == nil {
		return answer{}, notFound("blueprint", r.path["blueprint"])
	}
	var list []any
	for _, id := range slices.Sorted(maps.Keys(b.entities)) {
		list = append(list, b.entities[id])
	}
	return ok(http.StatusOK, object{"entities": list}), nil
}

// getBlueprint is the route blueprint_get.
func (s *Server) getBlueprint(r *request) (answer, error) {
	b := s.blueprints[r.path["blueprint"]]
	if b == nil {
		return answer{}, notFound("blueprint", r.path["blueprint"])
	}
	return ok(http.StatusOK, object{"blueprint": b.body}), nil
}
