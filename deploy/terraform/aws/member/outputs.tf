output "boundary_arn" {
  description = "The boundary of grants: IAM_PERMISSIONS_BOUNDARY, with several accounts its name."
  value       = local.boundary_arn
  depends_on  = [aws_iam_policy.boundary]
}

output "role_arn" {
  description = "The role that the daemon enters this account by, or null in its own account."
  value       = one(aws_iam_role.member[*].arn)
}

output "requester_policy_arn" {
  description = "The policy for groups, roles and permission sets of requesters."
  value       = aws_iam_policy.requester.arn
}

output "requester_policy" {
  description = "The same as text, for the inline policy of a permission set."
  value       = local.requester_policy
}
