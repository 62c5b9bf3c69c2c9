output "role_arn" {
  description = "IDENTITY_STORE_ROLE of the daemon, identity_store_role_arn of the modules hub and member."
  value       = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/${var.name}"
  depends_on  = [aws_iam_role.reader, aws_iam_role_policy.reader]
}
