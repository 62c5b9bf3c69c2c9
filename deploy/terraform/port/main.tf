# blueprints.json and actions.json are what `port-iam print blueprints` and `port-iam
# print actions` print for one account. A test holds them and what is made of them
# here equal to that.

locals {
  blueprints = { for b in jsondecode(file("${path.module}/blueprints.json")) : b.identifier => b }
  actions    = { for a in jsondecode(file("${path.module}/actions.json")) : a.identifier => a }
  request    = local.actions["request_permissions"]
  revoke     = local.actions["revoke_permissions"]
  expire     = local.actions["revoke_expired_permissions"]
  inputs     = local.request.trigger.userInputs

  kinds = { for id, b in local.blueprints : id => {
    string_props = { for name, p in b.schema.properties : name => {
      title       = p.title
      icon        = try(p.icon, null)
      description = p.description
      format      = try(p.format, null)
      enum        = can(p.enum) ? var.resource_types : null
      enum_colors = can(p.enum) ? { for type, color in p.enumColors : type => color if contains(var.resource_types, type) } : null
      required    = contains(b.schema.required, name)
    } if p.type == "string" }
    object_props = { for name, p in b.schema.properties : name => {
      title       = p.title
      icon        = try(p.icon, null)
      description = p.description
      required    = contains(b.schema.required, name)
    } if p.type == "object" }
    boolean_props = { for name, p in b.schema.properties : name => {
      title       = p.title
      icon        = try(p.icon, null)
      description = p.description
      required    = contains(b.schema.required, name)
    } if p.type == "boolean" }
    array_props = { for name, p in b.schema.properties : name => {
      title        = p.title
      icon         = try(p.icon, null)
      description  = p.description
      object_items = p.items.type == "object" ? {} : null
      string_items = p.items.type == "string" ? {} : null
      required     = contains(b.schema.required, name)
    } if p.type == "array" }
  } }
  # The provider would plan to add an empty map at each run.
  properties = { for id, kinds in local.kinds : id => { for kind, props in kinds : kind => props if length(props) > 0 } }

  # The accounts in the message of each action, and the message with them.
  all   = sort(distinct(var.accounts))
  reach = { for id, accounts in var.grant_actions : id => length(accounts) == 0 ? local.all : sort(distinct(accounts)) }
  requests = { for id, accounts in local.reach : id => merge(local.request.invocationMethod.payload, {
    context = merge(
      { for key, value in local.request.invocationMethod.payload.context : key => value if key != "account" },
      { for key, value in { account = accounts[0], accounts = accounts } : key => value if(key == "account") == (length(accounts) == 1) },
    )
  }) }
  others = { for id, action in { revoke = local.revoke, expire = local.expire } : id => merge(action.invocationMethod.payload, {
    context = merge(
      { for key, value in action.invocationMethod.payload.context : key => value if key != "account" },
      { for key, value in { account = local.all[0], accounts = local.all } : key => value if(key == "account") == (length(local.all) == 1) },
    )
  }) }
}

resource "port_blueprint" "aws_resource" {
  identifier  = "aws_resource"
  title       = local.blueprints["aws_resource"].title
  icon        = local.blueprints["aws_resource"].icon
  description = local.blueprints["aws_resource"].description
  properties  = local.properties["aws_resource"]
  relations   = local.blueprints["aws_resource"].relations
}

resource "port_blueprint" "iam_permissions" {
  identifier  = "iam_permissions"
  title       = local.blueprints["iam_permissions"].title
  icon        = local.blueprints["iam_permissions"].icon
  description = local.blueprints["iam_permissions"].description
  properties  = local.properties["iam_permissions"]
  relations   = local.blueprints["iam_permissions"].relations
}

resource "port_blueprint" "provisioned_permissions" {
  identifier  = "provisioned_permissions"
  title       = local.blueprints["provisioned_permissions"].title
  icon        = local.blueprints["provisioned_permissions"].icon
  description = local.blueprints["provisioned_permissions"].description
  properties  = local.properties["provisioned_permissions"]
  relations   = local.blueprints["provisioned_permissions"].relations
  depends_on  = [port_blueprint.aws_resource, port_blueprint.iam_permissions]
}

resource "port_action" "request" {
  for_each = local.requests

  identifier        = each.key
  title             = length(var.grant_actions) == 1 ? local.request.title : "${local.request.title} (${each.key})"
  icon              = local.request.icon
  description       = local.request.description
  required_approval = tostring(var.require_approval)

  self_service_trigger = {
    operation            = local.request.trigger.operation
    blueprint_identifier = port_blueprint.aws_resource.identifier
    order_properties     = local.inputs.order
    user_properties = {
      array_props = { for name, p in local.inputs.properties : name => {
        title       = p.title
        description = p.description
        min_items   = p.minItems
        required    = contains(local.inputs.required, name) ? true : null
        string_items = {
          format    = p.items.format
          blueprint = port_blueprint.iam_permissions.identifier
          dataset   = jsonencode(p.items.dataset)
        }
      } if p.type == "array" }
      string_props = { for name, p in local.inputs.properties : name => {
        title       = p.title
        description = p.description
        format      = try(p.format, null)
        pattern     = try(p.pattern, null)
        max_length  = try(p.maxLength, null)
        required    = contains(local.inputs.required, name) ? true : null
      } if p.type == "string" }
    }
  }

  kafka_method = { payload = jsonencode(each.value) }
}

resource "port_action" "revoke" {
  identifier        = var.revoke_action
  title             = local.revoke.title
  icon              = local.revoke.icon
  description       = local.revoke.description
  required_approval = tostring(var.require_approval_of_revocations)

  self_service_trigger = {
    operation            = local.revoke.trigger.operation
    blueprint_identifier = port_blueprint.provisioned_permissions.identifier
    user_properties      = {}
  }

  kafka_method = { payload = jsonencode(local.others["revoke"]) }
}

resource "port_action" "expire" {
  identifier  = var.expire_action
  title       = local.expire.title
  description = local.expire.description
  publish     = local.expire.publish

  automation_trigger = {
    timer_property_expired_event = {
      blueprint_identifier = port_blueprint.provisioned_permissions.identifier
      property_identifier  = local.expire.trigger.event.propertyIdentifier
    }
  }

  kafka_method = { payload = jsonencode(local.others["expire"]) }
}

# By Port's default every member may execute an action, and administrators approve.
resource "port_action_permissions" "people" {
  for_each = toset(length(concat(var.execute_teams, var.approve_teams)) == 0 ? [] : concat(keys(var.grant_actions), [var.revoke_action]))

  action_identifier = each.key
  permissions = {
    execute = {
      roles         = length(var.execute_teams) == 0 ? ["Admin", "Member"] : ["Admin"]
      users         = []
      teams         = var.execute_teams
      owned_by_team = false
    }
    approve = {
      roles = ["Admin"]
      users = []
      teams = var.approve_teams
    }
  }
  depends_on = [port_action.request, port_action.revoke]
}
