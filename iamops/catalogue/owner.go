package catalogue

import (
	"slices"
	"strings"
)

// owned are the services whose ARNs name no account although each of their resources
// has one. A statement about them is limited to the account by aws:ResourceAccount,
// which AWS puts into each call ("AWS global condition context keys", IAM User Guide),
// but for the actions that it lists there as exceptions.
//
// Not here, though their ARNs name no account either: what AWS or anyone may own, such
// as images and snapshots of EC2 and the models of Bedrock, what belongs to no account of
// a customer, and services without the key. A test holds this against a review of every
// such type.
var owned = map[string]struct{ except []string }{
	"apigateway": {},
	"gamelift":   {},
	"route53": {except: []string{
		"route53:AssociateVPCWithHostedZone", "route53:CreateVPCAssociationAuthorization",
		"route53:DeleteVPCAssociationAuthorization", "route53:DisassociateVPCFromHostedZone",
		"route53:ListHostedZonesByVPC",
	}},
	"s3": {},
}

// byOwner parts the resources of an action: those of which only the account can tell
// whose they are, and the others.
func byOwner(action string, resources []string) (limited, others []string) {
	for _, r := range resources {
		fields := strings.SplitN(r, ":", 6) // arn, partition, service, region, account, resource
		if service, ok := owned[fields[2]]; ok && fields[4] == "" && !slices.Contains(service.except, action) {
			limited = append(limited, r)
		} else {
			others = append(others, r)
		}
	}
	return limited, others
}
