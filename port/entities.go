package port

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Entity returns an entity of the catalogue. [KindNotFound] when there is none,
// or no such blueprint. What cannot be read is in [Entity] Unread.
func (c *Client) Entity(ctx context.Context, blueprint, id string) (Entity, error) {
	var answer struct {
		Entity entityAnswer `json:"entity"`
	}
	k := call{
		op: "read entity " + id + " of " + blueprint, route: routeEntityGet,
		path: entityPath(blueprint, id), into: &answer,
	}
	if err := c.do(ctx, k); err != nil {
		return Entity{}, err
	}
	if answer.Entity.Identifier.value != id {
		return Entity{}, incomplete(k.op, "the entity of this identifier")
	}
	return answer.Entity.entity(), nil
}

// Entities returns all entities of a blueprint. [KindNotFound] when there is no
// such blueprint. What has no identifier is logged and left out.
func (c *Client) Entities(ctx context.Context, blueprint string) ([]Entity, error) {
	var answer struct {
		Entities lenient[[]lenient[entityAnswer]] `json:"entities"`
	}
	k := call{
		op: "list entities of " + blueprint, route: routeEntityList,
		path: []string{"blueprints", blueprint, "entities"}, query: url.Values{"exclude_calculated_properties": {"true"}},
		into: &answer, long: true,
	}
	if err := c.do(ctx, k); err != nil {
		return nil, err
	}
	if !answer.Entities.given {
		return nil, incomplete(k.op, "entities")
	}
	entities := make([]Entity, 0, len(answer.Entities.value))
	for _, a := range answer.Entities.value {
		if a.value.Identifier.value == "" {
			c.leftOut(ctx, k.op)
			continue
		}
		entities = append(entities, a.value.entity())
	}
	return entities, nil
}

// entityAnswer is an entity as Port gives it.
type entityAnswer struct {
	Identifier lenient[string]                     `json:"identifier"`
	Title      lenient[string]                     `json:"title"`
	Properties lenient[map[string]json.RawMessage] `json:"properties"`
	Relations  lenient[map[string]json.RawMessage] `json:"relations"`
	UpdatedAt  lenient[time.Time]                  `json:"updatedAt"`
}

func (a entityAnswer) entity() Entity {
	return Entity{
		Identifier: a.Identifier.value, Title: a.Title.value, Properties: a.Properties.value, Relations: a.Relations.value,
		UpdatedAt: a.UpdatedAt.value,
		Unread: odd([]string{"title", "properties", "relations", "updatedAt"},
			a.Title.odd, a.Properties.odd, a.Relations.odd, a.UpdatedAt.odd),
	}
}

// CreateEntity creates an entity, and never changes one. With a runID Port shows
// the entity under that run, which must be in progress; "" ties it to none.
// [KindRefused] with status 409 when there is one of this identifier, which
// after a lost answer may be the effect of an earlier try; [KindNotFound] when
// the blueprint or a related entity does not exist; [KindRefused] otherwise when
// the entity does not fit its blueprint or the run has ended. Which of two
// reasons Port names is not known.
func (c *Client) CreateEntity(ctx context.Context, blueprint string, e Entity, runID string) error {
	return c.do(ctx, call{
		op: "create entity " + e.Identifier + " of " + blueprint, route: routeEntityUpsert, method: http.MethodPost,
		path: []string{"blueprints", blueprint, "entities"}, query: withRun(url.Values{"upsert": {"false"}}, runID), body: e,
	})
}

// DeleteEntity deletes one entity and none that depend on it. runID is that of
// [Client.CreateEntity]. [KindNotFound] when there is no such entity, which
// after a lost answer may be the effect of an earlier try; [KindRefused] when
// others depend on it.
func (c *Client) DeleteEntity(ctx context.Context, blueprint, id, runID string) error {
	return c.do(ctx, call{
		op: "delete entity " + id + " of " + blueprint, route: routeEntityDelete, method: http.MethodDelete,
		path:  entityPath(blueprint, id),
		query: withRun(url.Values{"delete_dependents": {"false"}}, runID),
	})
}

func entityPath(blueprint, id string) []string {
	return []string{"blueprints", blueprint, "entities", id}
}

func withRun(q url.Values, runID string) url.Values {
	if runID != "" {
		q.Set("run_id", runID)
	}
	return q
}
