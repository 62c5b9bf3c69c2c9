package deploy

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// object is a JSON object.
type object = map[string]any

// given are the members of an object that are not null.
func given(o object) object {
	out := object{}
	for key, value := range o {
		if value != nil {
			out[key] = value
		}
	}
	return out
}

// portNames are names of the provider port-labs/port-labs, and what it calls them when
// it speaks to Port: port/action/actionStateToPortBody.go and port/blueprint there.
var portNames = map[string]string{
	"enum_colors": "enumColors", "min_items": "minItems", "max_length": "maxLength",
	"blueprint_identifier": "blueprintIdentifier", "property_identifier": "propertyIdentifier",
}

// portProperties are properties as Port gets them: those of all types in one object.
func portProperties(t *testing.T, byType object) (properties object, required []any) {
	t.Helper()
	properties = object{}
	for kind, all := range byType {
		for name, p := range all.(object) {
			property := object{"type": strings.TrimSuffix(kind, "_props")}
			for key, value := range given(p.(object)) {
				switch key {
				case "required":
					if value == true {
						required = append(required, name)
					}
				case "object_items":
					property["items"] = object{"type": "object"}
				case "string_items":
					items := maps.Clone(value.(object))
					items["type"] = "string"
					if text, has := items["dataset"].(string); has { // of an input
						var dataset any
						if err := json.Unmarshal([]byte(text), &dataset); err != nil {
							t.Fatal(err)
						}
						items["dataset"] = dataset
					}
					property["items"] = items
				default:
					if port, ok := portNames[key]; ok {
						key = port
					}
					property[key] = value
				}
			}
			properties[name] = property
		}
	}
	slices.SortFunc(required, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return properties, required
}

// portBlueprint is the body of a blueprint.
func portBlueprint(t *testing.T, resource any) object {
	t.Helper()
	r := resource.(object)
	properties, required := portProperties(t, r["properties"].(object))
	if required == nil {
		required = []any{}
	}
	return object{
		"identifier": r["identifier"], "title": r["title"], "icon": r["icon"], "description": r["description"],
		"schema": object{"properties": properties, "required": required}, "relations": r["relations"],
		"mirrorProperties": object{}, "calculationProperties": object{}, "aggregationProperties": object{},
	}
}

// portAction is the body of an action.
func portAction(t *testing.T, resource any) object {
	t.Helper()
	r := given(resource.(object))
	body := object{}
	for _, key := range []string{"identifier", "title", "icon", "description", "publish"} {
		if r[key] != nil {
			body[key] = r[key]
		}
	}
	if r["required_approval"] != nil {
		body["requiredApproval"] = r["required_approval"] == "true"
	}
	var payload any
	if err := json.Unmarshal([]byte(r["kafka_method"].(object)["payload"].(string)), &payload); err != nil {
		t.Fatal(err)
	}
	body["invocationMethod"] = object{"type": "KAFKA", "payload": payload}
	if automation, ok := r["automation_trigger"].(object); ok {
		event := object{"type": "TIMER_PROPERTY_EXPIRED"}
		for key, value := range automation["timer_property_expired_event"].(object) {
			event[portNames[key]] = value
		}
		body["trigger"] = object{"type": "automation", "event": event}
		return body
	}
	trigger := r["self_service_trigger"].(object)
	properties, required := portProperties(t, trigger["user_properties"].(object))
	inputs := object{"properties": properties, "required": []any{}, "order": []any{}}
	if required != nil {
		inputs["required"] = required
	}
	if order := trigger["order_properties"]; order != nil {
		inputs["order"] = order
	}
	body["trigger"] = object{
		"type": "self-service", "operation": trigger["operation"], "blueprintIdentifier": trigger["blueprint_identifier"], "userInputs": inputs,
	}
	return body
}

// printedBodies are the documents that `port-iam print` prints for Port, by identifier.
func printedBodies(t *testing.T, binary string, settings []string, args ...string) object {
	t.Helper()
	var all []object
	if err := json.Unmarshal([]byte(printedWith(t, binary, settings, args...)), &all); err != nil {
		t.Fatal(err)
	}
	out := object{}
	for _, body := range all {
		out[body["identifier"].(string)] = body
	}
	return out
}

// TestTerraformPort: blueprints, actions and automation are those that `port-iam print`
// prints, and `port-iam setup` installs, for the same accounts and actions.
func TestTerraformPort(t *testing.T) {
	tools, binary := evaluator(t), build(t, root(t))
	for _, tt := range []struct {
		name     string
		vars     object
		settings []string
		approval string
	}{
		{"one account", object{"accounts": []string{"111122223333"}}, []string{"ACCOUNTS=111122223333"}, ""},
		{"several accounts", object{"accounts": []string{"444455556666", "111122223333"}, "require_approval": true}, []string{"ACCOUNTS=111122223333,444455556666"}, "--require-approval"},
		{"several actions", object{
			"accounts":      []string{"111122223333", "444455556666", "777788889999"},
			"grant_actions": object{"ask": []string{}, "ask_prod": []string{"777788889999"}, "ask_dev": []string{"444455556666", "111122223333"}},
			"revoke_action": "give_back", "expire_action": "end", "require_approval": true, "require_approval_of_revocations": true,
		}, []string{
			"ACCOUNTS=111122223333,444455556666,777788889999", "REVOKE_ACTION=give_back", "EXPIRE_ACTION=end",
			"GRANT_ACTION=ask,ask_prod=777788889999,ask_dev=111122223333+444455556666",
		}, "--require-approval=all"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := made(t, tools, "port", "aws", sampleAccount, tt.vars)
			actions := object{}
			for _, r := range e.Resources["port_action.request"].(object) {
				body := portAction(t, r)
				actions[body["identifier"].(string)] = body
			}
			for _, name := range []string{"revoke", "expire"} {
				body := portAction(t, e.Resources["port_action."+name])
				actions[body["identifier"].(string)] = body
			}
			args := []string{"actions"}
			if tt.approval != "" {
				args = append(args, tt.approval)
			}
			if diff := cmp.Diff(printedBodies(t, binary, tt.settings, args...), actions); diff != "" {
				t.Errorf("actions (-printed +module):\n%s", diff)
			}
			blueprints := object{}
			for _, name := range []string{"aws_resource", "iam_permissions", "provisioned_permissions"} {
				blueprints[name] = portBlueprint(t, e.Resources["port_blueprint."+name])
			}
			if diff := cmp.Diff(printedBodies(t, binary, nil, "blueprints"), blueprints); diff != "" {
				t.Errorf("blueprints (-printed +module):\n%s", diff)
			}
		})
	}
}

// TestTerraformPortTypes: types of resources are offered where they are chosen, and what
// has no property of a type is left to null: the provider would plan to add it for ever.
func TestTerraformPortTypes(t *testing.T) {
	e := made(t, evaluator(t), "port", "aws", sampleAccount, object{"accounts": []string{sampleAccount}, "resource_types": []string{"S3", "KMS"}})
	for _, blueprint := range []string{"aws_resource", "iam_permissions"} {
		property := e.at(t, "port_blueprint."+blueprint, "properties.string_props.resource_type").(object)
		if diff := cmp.Diff([]any{"S3", "KMS"}, property["enum"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", blueprint, diff)
		}
		if diff := cmp.Diff(object{"S3": "blue"}, property["enum_colors"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", blueprint, diff)
		}
	}
	for _, blueprint := range []string{"aws_resource", "iam_permissions", "provisioned_permissions"} {
		for kind, all := range e.at(t, "port_blueprint."+blueprint, "properties").(object) {
			if len(all.(object)) == 0 {
				t.Errorf("%s has an empty %s", blueprint, kind)
			}
		}
	}
}

// TestTerraformPortTeams: teams take the place of the role Member, as with `port-iam
// setup`, and without teams nothing is said about people.
func TestTerraformPortTeams(t *testing.T) {
	tools := evaluator(t)
	for _, tt := range []struct {
		execute, approve []string
		roles            []any // that may execute
	}{
		{nil, nil, nil},
		{[]string{"dev"}, nil, []any{"Admin"}},
		{[]string{"dev"}, []string{"sec"}, []any{"Admin"}},
		{nil, []string{"sec"}, []any{"Admin", "Member"}},
	} {
		vars := object{"accounts": []string{sampleAccount}}
		if tt.execute != nil {
			vars["execute_teams"] = tt.execute
		}
		if tt.approve != nil {
			vars["approve_teams"] = tt.approve
		}
		people := made(t, tools, "port", "aws", sampleAccount, vars).Resources["port_action_permissions.people"].(object)
		want := []string{"request_permissions", "revoke_permissions"}
		if tt.roles == nil {
			want = nil
		}
		if got := slices.Sorted(maps.Keys(people)); !slices.Equal(got, want) {
			t.Errorf("%v: permissions of %v, want %v", tt, got, want)
		}
		for action, p := range people {
			permissions := p.(object)["permissions"].(object)
			if diff := cmp.Diff(tt.roles, permissions["execute"].(object)["roles"]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", action, diff)
			}
			if diff := cmp.Diff([]any{"Admin"}, permissions["approve"].(object)["roles"]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", action, diff)
			}
		}
	}
}
