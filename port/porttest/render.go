package porttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// placeholder is a path in a message template. Port takes any jq expression;
// here only paths are understood.
var placeholder = regexp.MustCompile(`\{\{(.*?)\}\}`)

var pathForm = regexp.MustCompile(`^(\.[A-Za-z0-9_]+)+$`)

// render fills a message template with data. It panics on what it does not
// understand, so that no test passes because of it.
func render(v any, data object) any {
	switch v := v.(type) {
	case string:
		return renderText(v, data)
	case object:
		out := object{}
		for name, x := range v {
			out[name] = render(x, data)
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, x := range v {
			out = append(out, render(x, data))
		}
		return out
	}
	return v
}

// renderText keeps the type of what a text consists of; as a part of a text it
// becomes text.
func renderText(text string, data object) any {
	if m := placeholder.FindStringSubmatch(text); m != nil && m[0] == text {
		return lookUp(m[1], data)
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		v := lookUp(placeholder.FindStringSubmatch(found)[1], data)
		if s, isText := v.(string); isText {
			return s
		}
		b, err := json.Marshal(v)
		if err != nil {
			panic("porttest: " + err.Error())
		}
		return string(b)
	})
}

// lookUp is what a path leads to; nil where it leads nowhere.
func lookUp(path string, data object) any {
	path = strings.TrimSpace(path)
	if !pathForm.MatchString(path) {
		panic(fmt.Sprintf("porttest: only paths are rendered, not %q", path))
	}
	var v any = data
	for _, name := range strings.Split(path[1:], ".") {
		o, _ := v.(object)
		v = o[name]
	}
	return v
}

// templateData is what Port gives to the template of a run's action: for an
// automation the event, for a self-service action the rest.
func (s *Server) templateData(r *RunState, a *action, trigger object) object {
	data := object{"run": object{"id": r.ID}, "trigger": trigger, "event": nil, "secrets": object{}}
	entity := object{}
	if b := s.blueprints[r.Blueprint]; b != nil && b.entities[r.Entity] != nil {
		entity = maps.Clone(b.entities[r.Entity])
	} else if r.Entity != "" {
		entity = bareEntity(r.Blueprint, r.Entity)
	}
	if !a.automation() {
		data["inputs"], data["entity"] = r.Properties, entity
		data["action"] = object{"identifier": r.Action, "blueprint": r.Blueprint, "encryptedProperties": []any{}}
		return data
	}
	data["inputs"], data["entity"], data["action"] = nil, nil, object{"identifier": r.Action}
	data["event"] = object{
		"action": a.model.Trigger.Event.Type, "resourceType": "entity", "trigger": trigger,
		"context": object{
			"blueprintIdentifier": r.Blueprint, "entityIdentifier": r.Entity, "propertyIdentifier": a.model.Trigger.Event.Property,
		},
		"diff": object{"before": nil, "after": entity},
	}
	return data
}
