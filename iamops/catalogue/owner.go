package catalogue

import "slices"

// owned are the services whose ARNs name no account although each of their resources
// has one. A statement about them is limited to the account by aws:ResourceAccount,
// which AWS puts into each call ("AWS global condition context keys", IAM User Guide),
// but for the actions that it lists there as exceptions.
//
// Not here, though their ARNs name no account either: what AWS or anyone may own, such
// as images and snapshots of EC2 and the models of Bedrock, and what belongs to no
// account of a customer.
var owned = map[string]struct{ except []string }{
	"apigateway": {},
	"route53": {except: []string{
		"route53:AssociateVPCWithHostedZone", "route53:CreateVPCAssociationAuthorization",
		"route53:DeleteVPCAssociationAuthorization", "route53:DisassociateVPCFromHostedZone",
		"route53:ListHostedZonesByVPC",
	}},
	"s3": {},
}

// hasOwner reports whether a statement of the action on the resource has to be
// limited to the account by its condition.
func (a arn) hasOwner(action string) bool {
	service, ok := owned[a.service]
	return ok && a.account == "" && !slices.Contains(service.except, action)
}
