variable "accounts" {
  description = "ACCOUNTS of the daemon: the AWS accounts that it serves, its own only if it has grants. With one account, that one."
  type        = list(string)

  validation {
    condition     = length(var.accounts) > 0 && alltrue([for a in var.accounts : can(regex("^[0-9]{12}$", a))])
    error_message = "accounts must be one or more ids of AWS accounts, 12 digits each."
  }
}

variable "grant_actions" {
  description = "GRANT_ACTION of the daemon: identifier of each action that requests access, and the accounts that it may reach, none for all."
  type        = map(list(string))
  default     = { request_permissions = [] }

  validation {
    condition     = length(var.grant_actions) > 0
    error_message = "grant_actions must have at least one action."
  }
}

variable "revoke_action" {
  description = "REVOKE_ACTION of the daemon."
  type        = string
  default     = "revoke_permissions"
}

variable "expire_action" {
  description = "EXPIRE_ACTION of the daemon."
  type        = string
  default     = "revoke_expired_permissions"
}

variable "resource_types" {
  description = "Values of the property resource_type of resources and of permissions."
  type        = list(string)
  default     = ["S3", "EC2"]
}

variable "require_approval" {
  description = "Whether another person has to approve a request for access."
  type        = bool
  default     = false
}

variable "require_approval_of_revocations" {
  description = "Whether another person has to approve a revocation."
  type        = bool
  default     = false
}

variable "execute_teams" {
  description = "Teams in Port that may request and revoke access, besides administrators. If empty, every member may."
  type        = list(string)
  default     = []
}

variable "approve_teams" {
  description = "Teams in Port that may approve, besides administrators."
  type        = list(string)
  default     = []
}
