variable "principal" {
  description = "What the daemon runs as: irsa or pod-identity (a pod in EKS), ecs-task, or instance-profile (EC2)."
  type        = string

  validation {
    condition     = contains(["irsa", "pod-identity", "ecs-task", "instance-profile"], var.principal)
    error_message = "principal must be irsa, pod-identity, ecs-task or instance-profile."
  }
}

variable "name" {
  description = "Name of the daemon's role and instance profile, in lower case."
  type        = string
  default     = "port-iam"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,63}$", var.name))
    error_message = "name must be lower case letters, digits and dashes: the name of a grant, which begins with Permission-, would let the daemon remove its own role."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary that the daemon's own role gets. null: none."
  type        = string
  default     = null
}

variable "oidc_provider_arn" {
  description = "For irsa, the ARN of the cluster's OIDC provider in IAM."
  type        = string
  default     = ""
}

variable "eks_cluster" {
  description = "For pod-identity, the cluster in which to associate the role. null: associate it yourself."
  type        = string
  default     = null
}

variable "kubernetes_namespace" {
  description = "For irsa and pod-identity, the namespace of the daemon."
  type        = string
  default     = "port-iam"
}

variable "kubernetes_service_account" {
  description = "For irsa and pod-identity, the service account of the daemon."
  type        = string
  default     = "port-iam"
}

variable "accounts" {
  description = "Accounts that the daemon enters: ACCOUNTS of the daemon without its own."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for a in var.accounts : can(regex("^[0-9]{12}$", a))])
    error_message = "accounts must be ids of AWS accounts, 12 digits each."
  }
}

variable "account_role" {
  description = "ACCOUNT_ROLE of the daemon, with its path if it has one."
  type        = string
  default     = "PortIam"
}

variable "identity_store_role_arn" {
  description = "IDENTITY_STORE_ROLE of the daemon, role_arn of the module identity-store, which must have another name than account_role. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.identity_store_role_arn == null || can(regex("^arn:aws(-[a-z0-9]+)*:iam::[0-9]{12}:role(/[A-Za-z0-9.,+@=_-]+)+$", var.identity_store_role_arn))
    error_message = "identity_store_role_arn must be the ARN of a role."
  }
}

variable "policy_prefix" {
  description = "What the name of the policy begins with."
  type        = string
  default     = "PortIam"
}
