# The JSON files are what `port-iam print` prints for account 000000000000. A test holds
# them, and the documents that are made of them here, equal to that.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  own          = var.daemon_role_name != null
  sample       = "arn:aws:iam::000000000000:"
  assumes      = var.daemon_enters_others || var.identity_store_role_arn != null
  sample_role  = local.assumes ? "port-iam" : "PortIam"
  here         = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:"
  boundary_arn = var.boundary_policy_arn != null ? var.boundary_policy_arn : "${local.here}policy/${var.policy_prefix}Boundary"
  role         = local.own ? var.daemon_role_name : var.account_role

  # Which values stand in the files, and which are to stand there.
  management_file = file("${path.module}/${local.assumes ? "management-policy-of-a-hub" : "management-policy"}.json")
  management_here = replace(replace(replace(replace(
    local.management_file,
    "${local.sample}policy/PortIamBoundary", local.boundary_arn),
    "${local.sample}role/${local.sample_role}\"", "${local.here}role/${local.role}\""),
    local.sample, local.here),
  "/port-iam/Permission-", "${var.iam_path}Permission-")
  requester_policy = replace(replace(
    file("${path.module}/requester-policy.json"),
    local.sample, local.here),
  "/port-iam/Permission-", "${var.iam_path}Permission-")

  # IAM_TAGS are further keys of the conditions about tags.
  management = jsondecode(local.management_here)
  assumed = concat(
    var.daemon_enters_others ? ["arn:${data.aws_partition.current.partition}:iam::*:role/${var.account_role}"] : [],
    var.identity_store_role_arn == null ? [] : [var.identity_store_role_arn],
  )
  management_policy = jsonencode(merge(local.management, { Statement = [for s in local.management.Statement : merge(s, {
    for key, value in {
      Condition = merge(try(s.Condition, {}), {
        StringEquals = merge(try(s.Condition.StringEquals, {}), { for tag, of in var.iam_tags : "aws:RequestTag/${tag}" => of })
        "ForAllValues:StringEquals" = {
          "aws:TagKeys" = concat(try(s.Condition["ForAllValues:StringEquals"]["aws:TagKeys"], []), keys(var.iam_tags))
        }
      })
    } : key => value if can(s.Condition["ForAllValues:StringEquals"])
    }, {
    for key, value in { NotResource = local.assumed } : key => value if can(s.NotResource)
  })] }))

  # The boundary also denies actions that are never granted of services that are not in
  # boundary_services, which changes nothing.
  boundary = jsondecode(replace(file("${path.module}/boundary.json"), "000000000000", data.aws_caller_identity.current.account_id))
  boundary_policy = jsonencode(merge(local.boundary, { Statement = [
    merge(local.boundary.Statement[0], { Action = [for s in var.boundary_services : "${s}:*"] }),
    local.boundary.Statement[1],
  ] }))

  trust = jsondecode(file("${path.module}/member-trust.json"))
  trust_policy = jsonencode(merge(local.trust, { Statement = [
    merge(local.trust.Statement[0], {
      Principal = { AWS = var.hub_role_arn }
      Condition = { StringEquals = {
        for key, value in { "aws:PrincipalOrgID" = var.organization_id, "sts:ExternalId" = var.external_id } : key => value if value != ""
      } }
    }),
    merge(local.trust.Statement[1], {
      Principal = { AWS = var.hub_role_arn }
      Condition = merge(local.trust.Statement[1].Condition, { StringEquals = { "aws:PrincipalOrgID" = var.organization_id } })
    }),
  ] }))
}

resource "aws_iam_policy" "boundary" {
  count = var.boundary_policy_arn == null ? 1 : 0

  name        = "${var.policy_prefix}Boundary"
  description = "The most that any grant of port-iam can allow"
  policy      = local.boundary_policy
}

resource "aws_iam_policy" "management" {
  name        = "${var.policy_prefix}Management"
  description = "What the daemon of port-iam may do, and no more"
  policy      = local.management_policy
}

resource "aws_iam_policy" "requester" {
  name        = "${var.policy_prefix}Requester"
  description = "Lets people switch to the roles that port-iam grants them"
  policy      = local.requester_policy
}

resource "aws_iam_role" "member" {
  count = local.own ? 0 : 1

  name                 = var.account_role
  description          = "The daemon of port-iam, in this account"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.trust_policy

  lifecycle {
    precondition {
      condition     = var.identity_store_role_arn == null
      error_message = "identity_store_role_arn needs daemon_role_name: a role by which the daemon enters an account assumes no other."
    }
    precondition {
      condition     = var.hub_role_arn != null && var.organization_id != null
      error_message = "hub_role_arn and organization_id are needed, or daemon_role_name in the daemon's own account."
    }
  }
}

resource "aws_iam_role_policy_attachment" "management" {
  role       = local.own ? var.daemon_role_name : aws_iam_role.member[0].name
  policy_arn = aws_iam_policy.management.arn
}
