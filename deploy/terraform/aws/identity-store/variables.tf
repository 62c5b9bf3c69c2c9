variable "identity_store_id" {
  description = "IDENTITY_STORE_ID of the daemon, in the settings of IAM Identity Center."
  type        = string

  validation {
    condition     = can(regex("^(d-[0-9a-f]{10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", var.identity_store_id))
    error_message = "identity_store_id must be the id of an identity store, such as d-1234567890."
  }
}

variable "store_account" {
  description = "The account of the store, that of the management account. *: the id alone names the store."
  type        = string
  default     = "*"

  validation {
    condition     = can(regex("^([*]|[0-9]{12})$", var.store_account))
    error_message = "store_account must be the id of an AWS account, 12 digits."
  }
}

variable "name" {
  description = "Name of the role, another one than ACCOUNT_ROLE."
  type        = string
  default     = "PortIamIdentityStore"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{0,63}$", var.name)) && !can(regex("^Permission-", var.name))
    error_message = "name must be letters, digits, _ and -, and must not begin with Permission- as grants do."
  }
}

variable "hub_role_arn" {
  description = "ARN of the daemon's role."
  type        = string
}

variable "organization_id" {
  description = "Id of the organization that the daemon's account has to be in."
  type        = string
}

variable "external_id" {
  description = "ACCOUNT_EXTERNAL_ID of the daemon."
  type        = string
  default     = ""
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary that the role gets. null: none."
  type        = string
  default     = null
}
