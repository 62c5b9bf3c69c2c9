# The JSON files are what `port-iam print` prints. A test holds them, and the documents that
# are made of them here, equal to that.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  policy = replace(replace(replace(
    file("${path.module}/identity-policy.json"),
    "d-1234567890", var.identity_store_id),
    "identitystore::000000000000:", "identitystore::${var.store_account}:"),
  "arn:aws:", "arn:${data.aws_partition.current.partition}:")

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

resource "aws_iam_role" "reader" {
  name                 = var.name
  description          = "Looks people up in IAM Identity Center for port-iam"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = local.trust_policy
}

resource "aws_iam_role_policy" "reader" {
  name   = "LookUpUsers"
  role   = aws_iam_role.reader.name
  policy = local.policy
}
