variable "hub_role_arn" {
  description = "ARN of the daemon's role, in the hub's account. Needed unless daemon_role_name is given."
  type        = string
  default     = null
}

variable "organization_id" {
  description = "Id of the organization that the hub has to be in. Needed with hub_role_arn."
  type        = string
  default     = null
}

variable "external_id" {
  description = "ACCOUNT_EXTERNAL_ID of the daemon."
  type        = string
  default     = ""
}

variable "account_role" {
  description = "ACCOUNT_ROLE of the daemon, the name of the role that it enters this account by, without a path."
  type        = string
  default     = "PortIam"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{0,63}$", var.account_role)) && !can(regex("^Permission-", var.account_role))
    error_message = "account_role must be letters, digits, _ and -, and must not begin with Permission- as grants do."
  }
}

variable "daemon_role_name" {
  description = "Only in the daemon's own account: the name of its role, which then needs no other role here."
  type        = string
  default     = null
}

variable "daemon_enters_others" {
  description = "Only with daemon_role_name: the daemon enters other accounts, too."
  type        = bool
  default     = false
}

variable "identity_store_role_arn" {
  description = "IDENTITY_STORE_ROLE of the daemon, role_arn of the module identity-store: only with daemon_role_name. null: none."
  type        = string
  default     = null

  validation {
    condition     = var.identity_store_role_arn == null || can(regex("^arn:aws(-[a-z0-9]+)*:iam::[0-9]{12}:role(/[A-Za-z0-9.,+@=_-]+)+$", var.identity_store_role_arn))
    error_message = "identity_store_role_arn must be the ARN of a role."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary that the role gets that the daemon enters this account by. null: none."
  type        = string
  default     = null
}

variable "iam_path" {
  description = "IAM_PATH of the daemon."
  type        = string
  default     = "/port-iam/"

  validation {
    condition     = can(regex("^/([A-Za-z0-9.,+@=_-]+/)*$", var.iam_path)) && length(var.iam_path) <= 36
    error_message = "iam_path must be a path such as /port-iam/, of at most 36 characters."
  }
}

variable "iam_tags" {
  description = "IAM_TAGS of the daemon."
  type        = map(string)
  default     = {}
}

variable "boundary_services" {
  description = "Prefixes of the services that may be granted, kms for the keys of encrypted resources among them. Unused with boundary_policy_arn."
  type        = list(string)
  default     = ["s3", "ec2"]

  validation {
    condition     = length(var.boundary_services) > 0 && alltrue([for s in var.boundary_services : can(regex("^[a-z0-9-]+$", s))])
    error_message = "boundary_services must be one or more prefixes of services such as s3."
  }
}

variable "boundary_policy_arn" {
  description = "ARN of a boundary of your own. null: the module creates one from boundary_services."
  type        = string
  default     = null
}

variable "policy_prefix" {
  description = "What the names of the policies begin with."
  type        = string
  default     = "PortIam"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9]{0,63}$", var.policy_prefix))
    error_message = "policy_prefix must be letters and digits."
  }
}
