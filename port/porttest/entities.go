package porttest

import (
	"maps"
	"net/http"
	"slices"
)

// AddEntity adds or replaces an entity, given as JSON. It panics on what Port
// would refuse.
func (s *Server) AddEntity(blueprint, text string) {
	var e object
	mustDecode(text, &e)
	s.mu.Lock()
	defer s.mu.Unlock()
	err := entityShape().check(e)
	if err == nil {
		err = s.putEntity(blueprint, e, writing{})
	}
	if err != nil {
		panic("porttest: " + err.Error())
	}
}

// RemoveEntity removes an entity, as from Port's pages: not while others have a
// relation to it.
func (s *Server) RemoveEntity(blueprint, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deleteOne(ref{blueprint, id}, false)
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

// writing is how an entity is written.
type writing struct {
	merge         bool // change only what is given
	validateOnly  bool // keep nothing
	createRelated bool // add bare entities that relations lead to
}

// putEntity checks an entity against its blueprint and keeps it.
func (s *Server) putEntity(name string, e object, how writing) error {
	b := s.blueprints[name]
	if b == nil {
		return notFound("blueprint", name)
	}
	id, _ := e["identifier"].(string)
	kept := bareEntity(name, id)
	if old := b.entities[id]; old != nil && how.merge {
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
	missing, err := s.fits(b, kept)
	switch {
	case err != nil:
		return err
	case len(missing) > 0 && !how.createRelated:
		return notFound("entity", missing[0].id)
	case how.validateOnly:
		return nil
	}
	for _, m := range missing {
		s.keepEntity(m.blueprint, bareEntity(m.blueprint, m.id))
	}
	maps.DeleteFunc(kept["relations"].(object), func(_ string, v any) bool { return v == nil })
	s.keepEntity(name, kept)
	return nil
}

// keepEntity keeps an entity with the time of this change and, if it is new, of
// its creation.
func (s *Server) keepEntity(blueprint string, e object) {
	entities, id, now := s.blueprints[blueprint].entities, e["identifier"].(string), timestamp(s.now())
	e["createdAt"], e["updatedAt"] = now, now
	if old := entities[id]; old != nil {
		e["createdAt"] = old["createdAt"]
	}
	entities[id] = e
}

func bareEntity(blueprint, id string) object {
	return object{"identifier": id, "title": id, "blueprint": blueprint, "properties": object{}, "relations": object{}}
}

// ref names an entity.
type ref struct{ blueprint, id string }

// fits checks an entity against its blueprint and returns the entities that its
// relations lead to and that do not exist.
func (s *Server) fits(b *blueprint, e object) (missing []ref, err error) {
	properties := e["properties"].(object)
	for _, name := range b.model.Schema.Required {
		if properties[name] == nil {
			return nil, refuse(http.StatusUnprocessableEntity, "blueprint_schema_mismatch", "property %s is required", name)
		}
	}
	for name, v := range properties {
		p, known := b.model.Schema.Properties[name]
		wrong := "is not a property of the blueprint"
		if known {
			wrong = p.check(v)
		}
		if wrong != "" {
			return nil, refuse(http.StatusUnprocessableEntity, "blueprint_schema_mismatch", "property %s %s", name, wrong)
		}
	}
	for name, v := range e["relations"].(object) {
		rel, known := b.model.Relations[name]
		if !known {
			return nil, notFound("relation", name)
		}
		if v == nil {
			continue
		}
		targets, many := v.([]any)
		if !many {
			targets = []any{v}
		}
		if many != rel.Many {
			return nil, refuse(http.StatusUnprocessableEntity, "relation_many_violation", "relation %s has the wrong number of targets", name)
		}
		for _, t := range targets {
			id, _ := t.(string)
			to := s.blueprints[rel.Target]
			if to == nil {
				return nil, notFound("blueprint", rel.Target)
			}
			if to.entities[id] == nil {
				missing = append(missing, ref{rel.Target, id})
			}
		}
	}
	return missing, nil
}
