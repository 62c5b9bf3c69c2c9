output "actions" {
  description = "Identifiers of the actions and of the automation."
  value       = concat(keys(port_action.request), [port_action.revoke.identifier, port_action.expire.identifier])
}
