output "role_arn" {
  description = "The role of the daemon: aws.roleArn of the chart with irsa, hub_role_arn of members."
  value       = local.role_arn
  depends_on  = [aws_iam_role.daemon]
}

output "role_name" {
  description = "The name of that role, daemon_role_name of the module member in the daemon's own account."
  value       = var.name
  depends_on  = [aws_iam_role.daemon]
}

output "instance_profile_name" {
  description = "The instance profile to give to the instance, or null."
  value       = one(aws_iam_instance_profile.daemon[*].name)
}
