package porttest

import (
	"maps"
	"net/http"
	"slices"
)

func entityShape() *shape {
	return &shape{
		fields: map[string]rule{
			"identifier": isIdentifier, "title": isText, "icon": isText, "team": either(isText, isTexts),
			"properties": isObject, "relations": isRelations,
		},
		required: []string{"identifier"}, open: true,
	}
}

// runOf checks the run that a write is tied to: it must be in progress.
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
	case run.Status != statusInProgress:
		return refuse(http.StatusBadRequest, "bad_request", "run %s is not in progress", id)
	}
	return nil
}

// postEntity is the route entity_upsert. Which reason Port names first, that the
// run has ended or that the entity exists, is not known; here it is the run.
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
	how := writing{merge: r.flag("merge"), validateOnly: r.flag("validation_only"), createRelated: r.flag("create_missing_related_entities")}
	if err := s.putEntity(name, r.body, how); err != nil {
		return answer{}, err
	}
	if how.validateOnly {
		return ok(http.StatusOK, object{"entity": r.body}), nil
	}
	return ok(http.StatusCreated, object{"entity": b.entities[id]}), nil
}

func (s *Server) findEntity(of ref) (object, error) {
	b := s.blueprints[of.blueprint]
	if b == nil {
		return nil, notFound("blueprint", of.blueprint)
	}
	e := b.entities[of.id]
	if e == nil {
		return nil, notFound("entity", of.id)
	}
	return e, nil
}

// getEntity is the route entity_get.
func (s *Server) getEntity(r *request) (answer, error) {
	e, err := s.findEntity(ref{r.path["blueprint"], r.path["entity"]})
	return ok(http.StatusOK, object{"entity": e}), err
}

// deleteEntity is the route entity_delete.
func (s *Server) deleteEntity(r *request) (answer, error) {
	if err := s.runOf(r); err != nil {
		return answer{}, err
	}
	err := s.deleteOne(ref{r.path["blueprint"], r.path["entity"]}, r.flag("delete_dependents"))
	return ok(http.StatusOK, object{}), err
}

// deleteOne removes an entity, and where dependents is true what depends on it.
func (s *Server) deleteOne(target ref, dependents bool) error {
	if _, err := s.findEntity(target); err != nil {
		return err
	}
	if !dependents && len(s.dependents(target)) > 0 {
		return refuse(http.StatusForbidden, "has_dependents", "other entities have a relation to %s", target.id)
	}
	s.removeEntity(target)
	return nil
}

// removeEntity removes an entity and all that depend on it.
func (s *Server) removeEntity(target ref) {
	delete(s.blueprints[target.blueprint].entities, target.id)
	for _, d := range s.dependents(target) {
		s.removeEntity(d)
	}
}

// dependents are the entities that have a relation to the target.
func (s *Server) dependents(target ref) []ref {
	var found []ref
	for name, b := range s.blueprints {
		for relation, rel := range b.model.Relations {
			if rel.Target != target.blueprint {
				continue
			}
			for id, e := range b.entities {
				to := e["relations"].(object)[relation]
				if many, _ := to.([]any); to == target.id || slices.Contains(many, any(target.id)) {
					found = append(found, ref{name, id})
				}
			}
		}
	}
	return found
}

// listEntities is the route entity_list.
func (s *Server) listEntities(r *request) (answer, error) {
	b := s.blueprints[r.path["blueprint"]]
	if b == nil {
		return answer{}, notFound("blueprint", r.path["blueprint"])
	}
	list := []any{}
	for _, id := range slices.Sorted(maps.Keys(b.entities)) {
		list = append(list, b.entities[id])
	}
	return ok(http.StatusOK, object{"entities": list}), nil
}
