package grants

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// optional are the properties of grants that a blueprint may lack: it may be older than
// they are.
var optional = []string{templates.PropertyAccount, templates.PropertyConsoleURL, templates.PropertyProfile}

// lacking says which of them the blueprint lacks.
type lacking struct {
	since      time.Time
	properties []string
}

// lackingFor is how long that counts.
const lackingFor = 10 * time.Minute

// without is the entity without these properties.
func without(e port.Entity, properties []string) port.Entity {
	e.Properties = maps.Clone(e.Properties)
	maps.DeleteFunc(e.Properties, func(name string, _ json.RawMessage) bool { return slices.Contains(properties, name) })
	return e
}

// createEntity leaves out of the entity what its blueprint lacks. Where Port refuses the
// entity, the blueprint says what that is.
func (j *Job) createEntity(ctx context.Context, plan iamops.Plan, req request) error {
	write := func(lacks []string) error {
		return j.svc.opts.Portal.CreateEntity(ctx, templates.BlueprintGrant, without(entityOf(plan, req, j.account.id), lacks), j.rec.RunID)
	}
	var known []string
	if l := j.svc.lacking.Load(); l != nil && time.Since(l.since) < lackingFor {
		known = l.properties
	}
	err := write(known)
	if !port.IsKind(err, port.KindRefused) || port.IsTaken(err) {
		return err
	}
	blueprint, unread := j.svc.opts.Portal.Blueprint(ctx, templates.BlueprintGrant)
	if unread != nil && !isAnswer(unread) {
		return unread
	}
	lacks := slices.DeleteFunc(slices.Clone(optional), func(name string) bool {
		return unread != nil || blueprint.Text("schema", "properties", name, "type") == "string"
	})
	if len(lacks) == 0 || slices.Equal(lacks, known) {
		return err
	}
	j.log.Warn("the blueprint of grants in Port lacks properties: run `port-iam setup`", keyGrant, j.name, keyLacks, strings.Join(lacks, ", "), keyError, err)
	j.svc.lacking.Store(&lacking{time.Now(), lacks})
	return write(lacks)
}
