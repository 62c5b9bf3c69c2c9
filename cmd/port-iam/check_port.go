package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"port-iam/port"
)

const (
	remedySetup  = "run `port-iam setup`"
	remedyLogin  = "check PORT_CLIENT_ID, PORT_CLIENT_SECRET and PORT_BASE_URL (EU or US)"
	remedyRights = "the credentials must be allowed to read blueprints, actions and entities"
)

// portFailed is a call of Port that failed.
func portFailed(err error) stepOutcome {
	switch {
	case port.IsKind(err, port.KindUnauthorized):
		return failed(err, remedyLogin+"; "+remedyRights)
	case port.IsKind(err, port.KindUnavailable):
		return failed(err, "check PORT_BASE_URL, the network and the proxy (HTTPS_PROXY), or try again later")
	}
	return failed(err, remedyRights)
}

func (c *checker) login(ctx context.Context) stepOutcome {
	org, err := c.portal.OrganizationID(ctx)
	if err != nil {
		return portFailed(err)
	}
	c.org = org
	return fine("%s accepts the credentials", c.cfg.port.baseURL)
}

func (c *checker) organization(context.Context) stepOutcome {
	if own := c.cfg.port.orgID; own != "" && own != c.org {
		return failed(fmt.Errorf("%w: PORT_ORG_ID is %s, and they are of %s", errOtherOrg, own, c.org), "correct PORT_ORG_ID or remove it, or use the right credentials")
	}
	return fine("%s", c.org)
}

func (c *checker) portClock(context.Context) stepOutcome {
	var skew time.Duration
	known := c.clock.skew.Load()
	if known != nil {
		skew = *known
	}
	return judgeClock("Port", skew, known != nil, "requests would begin and end at the wrong time")
}

// blueprintNeed is what the daemon reads or writes of a blueprint.
type blueprintNeed struct {
	id         string
	properties map[string]string // types
	relations  map[string]string // targets
	many       string            // the relation that has many targets
}

var blueprintsNeeded = []blueprintNeed{
	{id: "aws_resource", properties: map[string]string{"resource_type": "string"}},
	{id: "iam_permissions", properties: map[string]string{"resource_type": "string"}},
	{
		id: "provisioned_permissions",
		properties: map[string]string{
			"requester": "string", "iam_policy": "object", "sign_in_url": "string", "policy_arn": "string", "role_arn": "string", "expiry_time": "string",
		},
		relations: map[string]string{"aws_resource": "aws_resource", "permissions": "iam_permissions"}, many: "permissions",
	},
}

func (c *checker) blueprint(ctx context.Context, want blueprintNeed) stepOutcome {
	have, err := c.portal.Blueprint(ctx, want.id)
	if port.IsKind(err, port.KindNotFound) {
		return failed(fmt.Errorf("Port has no blueprint %s", want.id), remedySetup)
	}
	if err != nil {
		return portFailed(err)
	}
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(want.properties)) {
		switch got := have.Text("schema", "properties", name, "type"); got {
		case want.properties[name]:
		case "":
			wrong = append(wrong, "property "+name+" is missing")
		default:
			wrong = append(wrong, fmt.Sprintf("property %s is of type %s and must be %s", name, got, want.properties[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.relations)) {
		got := have.Text("relations", name, "target")
		many, _ := have.At("relations", name, "many").(bool)
		switch {
		case got == "":
			wrong = append(wrong, "relation "+name+" is missing")
		case got != want.relations[name]:
			wrong = append(wrong, fmt.Sprintf("relation %s leads to %s and must lead to %s", name, got, want.relations[name]))
		case many != (name == want.many):
			wrong = append(wrong, fmt.Sprintf("relation %s has many = %v and must not", name, many))
		}
	}
	if len(wrong) > 0 {
		return failed(fmt.Errorf("%s", strings.Join(wrong, "; ")), remedySetup+", which adds what is missing and says what it cannot change")
	}
	return fine("has what the daemon needs")
}

// actionNeed is what an action has to be.
type actionNeed struct {
	kind, id, setting string
	trigger           map[string]string // values in the trigger, by path
	input             string            // that the daemon reads
}

func (c *checker) actionsNeeded() []actionNeed {
	a := c.cfg.grant.actions
	return []actionNeed{
		{"action", a.Grant, "GRANT_ACTION", map[string]string{"type": "self-service", "operation": "DAY-2", "blueprintIdentifier": "aws_resource"}, "permissions"},
		{"action", a.Revoke, "REVOKE_ACTION", map[string]string{"type": "self-service", "operation": "DELETE", "blueprintIdentifier": "provisioned_permissions"}, ""},
		{"automation", a.Expire, "EXPIRE_ACTION", map[string]string{
			"type": "automation", "event.type": "TIMER_PROPERTY_EXPIRED", "event.blueprintIdentifier": "provisioned_permissions", "event.propertyIdentifier": "expiry_time",
		}, ""},
	}
}

func (c *checker) action(ctx context.Context, want actionNeed) stepOutcome {
	have, err := c.portal.Action(ctx, want.id)
	if port.IsKind(err, port.KindNotFound) {
		return failed(fmt.Errorf("Port has no action %s", want.id), fmt.Sprintf("%s, or set %s to the identifier that it has", remedySetup, want.setting))
	}
	if err != nil {
		return portFailed(err)
	}
	if how := have.Text("invocationMethod", "type"); how != "KAFKA" {
		return failed(fmt.Errorf("it is invoked by %q, and this daemon reads Kafka", how),
			fmt.Sprintf("switch its backend to Kafka in Port, or choose another identifier with %s and run `port-iam setup`", want.setting))
	}
	for _, path := range slices.Sorted(maps.Keys(want.trigger)) {
		if got := have.Text(append([]string{"trigger"}, strings.Split(path, ".")...)...); got != want.trigger[path] {
			return failed(fmt.Errorf("trigger.%s is %q and must be %q", path, got, want.trigger[path]),
				fmt.Sprintf("change it in Port, or choose another identifier with %s and run `port-iam setup`", want.setting))
		}
	}
	if want.input != "" && have.At("trigger", "userInputs", "properties", want.input) == nil {
		return failed(fmt.Errorf("its form has no input %q", want.input), remedySetup)
	}
	return c.actionAccount(ctx, have)
}

// actionAccount compares the account that the action names with ours: one action
// serves one account.
func (c *checker) actionAccount(ctx context.Context, have port.Object) stepOutcome {
	account := have.Text("invocationMethod", "payload", "context", "account")
	ours, err := c.who(ctx)
	switch {
	case account != "" && err == nil && account != ours.Account:
		return failed(fmt.Errorf("it is for AWS account %s, and the credentials are of %s", account, ours.Account),
			"use the right AWS credentials, or actions of its own for each account (GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION)")
	case have["publish"] == false:
		return fine("by Kafka; it is switched off in Port, so what has expired stays listed until the daemon sweeps")
	case account == "":
		return fine("by Kafka; it does not name an AWS account (`port-iam setup` writes it), so any daemon may take it for its own")
	case err != nil:
		return fine("by Kafka, for AWS account %s; whether that is ours is not known", account)
	}
	return fine("by Kafka, for AWS account %s", account)
}
