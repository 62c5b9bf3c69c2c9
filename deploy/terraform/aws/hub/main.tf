# hub-policy.json is what `port-iam print hub-policy` prints for two accounts. A test
# holds it, and the policy that is made of it here, equal to that.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  suffix    = data.aws_partition.current.dns_suffix
  role_arn  = "arn:${local.partition}:iam::${local.account}:role/${var.name}"
  # Without a provider the text has two parts as well.
  issuer = split(":oidc-provider/", "${var.oidc_provider_arn}:oidc-provider/")[1]

  trust = {
    irsa = {
      Effect    = "Allow"
      Principal = { Federated = var.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "${local.issuer}:aud" = "sts.amazonaws.com"
        "${local.issuer}:sub" = "system:serviceaccount:${var.kubernetes_namespace}:${var.kubernetes_service_account}"
      } }
    }
    pod-identity = {
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = { StringEquals = {
        "aws:RequestTag/kubernetes-namespace"       = var.kubernetes_namespace
        "aws:RequestTag/kubernetes-service-account" = var.kubernetes_service_account
      } }
    }
    ecs-task = {
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:*:${local.account}:*" }
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    }
    instance-profile = {
      Effect    = "Allow"
      Principal = { Service = "ec2.${local.suffix}" }
      Action    = "sts:AssumeRole"
    }
  }

  accounts = sort(distinct(var.accounts))
  printed  = jsondecode(file("${path.module}/hub-policy.json"))
  readers  = var.identity_store_role_arn == null ? [] : [var.identity_store_role_arn]
  roles    = concat([for a in local.accounts : "arn:${local.partition}:iam::${a}:role/${trimprefix(var.account_role, "/")}"], local.readers)
  any_role = "arn:${local.partition}:iam::*:role/${trimprefix(var.account_role, "/")}"
  each_role = jsonencode(merge(local.printed, { Statement = [
    merge(local.printed.Statement[0], { Resource = local.roles }),
    merge(local.printed.Statement[1], { NotResource = local.roles }),
  ] }))
  # IAM takes 6,144 characters. Beyond that the accounts are in a condition.
  hub_policy = length(local.each_role) <= 6144 ? local.each_role : jsonencode(merge(local.printed, { Statement = [
    merge(local.printed.Statement[0], { Resource = concat([local.any_role], local.readers) }),
    merge(local.printed.Statement[1], { NotResource = concat([local.any_role], local.readers) }),
    {
      Sid       = "NeverOtherAccounts"
      Effect    = "Deny"
      Action    = "sts:AssumeRole"
      Resource  = local.any_role
      Condition = { StringNotEquals = { "aws:ResourceAccount" = local.accounts } }
    },
  ] }))
}

resource "aws_iam_role" "daemon" {
  name                 = var.name
  description          = "The daemon of port-iam"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode({ Version = "2012-10-17", Statement = [local.trust[var.principal]] })

  lifecycle {
    precondition {
      condition     = var.principal != "irsa" || var.oidc_provider_arn != ""
      error_message = "principal irsa needs oidc_provider_arn."
    }
  }
}

resource "aws_iam_instance_profile" "daemon" {
  count = var.principal == "instance-profile" ? 1 : 0

  name = var.name
  role = aws_iam_role.daemon.name
}

resource "aws_eks_pod_identity_association" "daemon" {
  count = var.principal == "pod-identity" && var.eks_cluster != null ? 1 : 0

  cluster_name    = var.eks_cluster
  namespace       = var.kubernetes_namespace
  service_account = var.kubernetes_service_account
  role_arn        = aws_iam_role.daemon.arn
}

resource "aws_iam_policy" "hub" {
  count = length(local.roles) > 0 ? 1 : 0

  name        = "${var.policy_prefix}Hub"
  description = "Lets the daemon of port-iam enter its accounts, and no others"
  policy      = local.hub_policy
}

resource "aws_iam_role_policy_attachment" "hub" {
  count = length(local.roles) > 0 ? 1 : 0

  role       = aws_iam_role.daemon.name
  policy_arn = aws_iam_policy.hub[0].arn
}
