package porttest

// actionShape is the body of an action or automation. Port takes nothing else in
// it, nor in what is inside of it.
func actionShape() *shape {
	return &shape{
		fields: map[string]rule{
			"identifier": isNamed(actionID), "title": isText, "icon": isText, "description": isText,
			"trigger": isTrigger, "invocationMethod": isInvocation,
			"requiredApproval": either(isBool, (&shape{
				fields: map[string]rule{"type": oneOf("ANY", "ALL")}, required: []string{"type"},
			}).rule),
			"approvalNotification": (&shape{
				fields: map[string]rule{"type": oneOf("webhook", "email")}, required: []string{"type"}, open: true,
			}).rule,
			"publish": isBool, "allowAnyoneToViewRuns": isBool,
		},
		required: []string{"identifier", "trigger", "invocationMethod"},
	}
}

func isTrigger(v any) string {
	o, _ := v.(object)
	if o["type"] == "automation" {
		return automationShape().rule(v)
	}
	button := textOf(1, 15)
	s := &shape{
		fields: map[string]rule{
			"type": oneOf("self-service"), "operation": oneOf("DAY-2", "DELETE", "CREATE"), "blueprintIdentifier": isText,
			"userInputs": isInputs, "actionCardButtonText": button, "executeActionButtonText": button,
		},
		required: []string{"type", "userInputs", "operation"},
	}
	if o["operation"] != "CREATE" {
		s.fields["condition"] = (&shape{
			fields:   map[string]rule{"type": oneOf("SEARCH"), "rules": isArray, "combinator": oneOf("and", "or")},
			required: []string{"type", "rules", "combinator"},
		}).rule
	}
	return s.rule(v)
}

func automationShape() *shape {
	return &shape{
		fields: map[string]rule{
			"type": oneOf("automation"),
			"event": func(v any) string {
				o, _ := v.(object)
				s := &shape{fields: map[string]rule{"type": oneOf("ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE",
					"TIMER_PROPERTY_EXPIRED", "RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE")}, required: []string{"type"}}
				switch o["type"] {
				case "TIMER_PROPERTY_EXPIRED":
					s.fields["propertyIdentifier"], s.required = isText, append(s.required, "propertyIdentifier")
					fallthrough
				case "ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE":
					s.fields["blueprintIdentifier"], s.required = isText, append(s.required, "blueprintIdentifier")
				default:
					s.fields["actionIdentifier"], s.required = isText, append(s.required, "actionIdentifier")
				}
				return s.rule(v)
			},
			"condition": (&shape{
				fields:   map[string]rule{"type": oneOf("JQ"), "expressions": isTexts, "combinator": oneOf("and", "or")},
				required: []string{"type", "expressions"},
			}).rule,
		},
		required: []string{"type", "event"},
	}
}

// isInputs is the form of an action: in Port's order, in an order of its own, or
// in steps.
func isInputs(v any) string {
	query := (&shape{fields: map[string]rule{"jqQuery": isText}, required: []string{"jqQuery"}}).rule
	input := &shape{
		fields: map[string]rule{
			"type": oneOf("string", "number", "boolean", "object", "array"),
			"format": oneOf("date-time", "url", "email", "ipv4", "ipv6", "yaml", "entity", "user", "team", "proto", "markdown",
				"multi-line", "labeled-url"),
			"blueprint": isText, "dependsOn": isTexts, "visible": either(isBool, query), "icon": isText, "jqQuery": isNull,
			"enum": either(query, isArray),
			"dataset": (&shape{
				fields:   map[string]rule{"combinator": oneOf("and", "or"), "rules": isArray},
				required: []string{"combinator", "rules"},
			}).rule,
			"sort": (&shape{
				fields:   map[string]rule{"property": isText, "order": oneOf("ASC", "DESC")},
				required: []string{"property", "order"}, open: true,
			}).rule,
		},
		required: []string{"type"}, open: true,
	}
	s := &shape{
		fields: map[string]rule{
			"properties": membersOf(input.rule), "titles": membersOf(isObject), "required": either(query, isTexts),
		},
		required: []string{"properties"},
	}
	if o, _ := v.(object); o["steps"] != nil {
		step := &shape{fields: map[string]rule{"title": isText, "order": isTexts, "visible": either(isBool, query)}, required: []string{"title"}}
		s.fields["steps"] = listOf(step.rule)
	} else {
		s.fields["order"] = isTexts
	}
	return s.rule(v)
}

// isInvocation checks KAFKA closely: of the other backends only that they exist.
func isInvocation(v any) string {
	if o, _ := v.(object); o["type"] != "KAFKA" {
		return (&shape{
			fields:   map[string]rule{"type": oneOf("WEBHOOK", "GITHUB", "INTEGRATION_ACTION", "GITLAB", "AZURE_DEVOPS", "UPSERT_ENTITY")},
			required: []string{"type"}, open: true,
		}).rule(v)
	}
	return (&shape{
		fields:   map[string]rule{"type": oneOf("KAFKA"), "payload": either(isArray, isObject)},
		required: []string{"type"},
	}).rule(v)
}
