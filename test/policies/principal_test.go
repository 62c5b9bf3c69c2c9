package policies

import (
	"maps"
	"strings"
)

const (
	account = "123456789012"
	foreign = "210987654321" // another account

	requester = "alice@example.com"
)

// partitions of AWS.
var partitions = []string{"aws", "aws-us-gov", "aws-cn"}

// principal is who makes a request, and the context that tells AWS so: "Global
// condition context keys", IAM User Guide.
type principal struct {
	arn     string
	context map[string]any
}

// sessionOf is a session of a role; one of IAM Identity Center is named like its
// user and of a role that only Identity Center makes.
func sessionOf(partition, path, role, session string) principal {
	return sessionIn(account, partition, path, role, session)
}

func sessionIn(account, partition, path, role, session string) principal {
	return principal{
		arn: "arn:" + partition + ":sts::" + account + ":assumed-role/" + role + "/" + session,
		context: map[string]any{
			"aws:PrincipalArn":     "arn:" + partition + ":iam::" + account + ":role" + path + role,
			"aws:PrincipalAccount": account,
			"aws:PrincipalType":    "AssumedRole",
			"aws:userid":           "AROAEXAMPLEEXAMPLE123:" + session,
			"aws:CurrentTime":      during,
		},
	}
}

// userIn is an IAM user.
func userIn(account, partition, path, name string) principal {
	arn := "arn:" + partition + ":iam::" + account + ":user" + path + name
	return principal{
		arn: arn,
		context: map[string]any{
			"aws:PrincipalArn":     arn,
			"aws:PrincipalAccount": account,
			"aws:PrincipalType":    "User",
			"aws:userid":           "AIDAEXAMPLEEXAMPLE123",
			"aws:username":         name,
			"aws:CurrentTime":      during,
		},
	}
}

// rootUser is the account's root user, who has no user name.
func rootUser(partition string) principal {
	p := userIn(account, partition, "/", "")
	p.arn = "arn:" + partition + ":iam::" + account + ":root"
	p.context["aws:PrincipalArn"], p.context["aws:userid"], p.context["aws:PrincipalType"] = p.arn, account, "Account"
	delete(p.context, "aws:username")
	return p
}

// ofOrganisation adds which organisation a principal belongs to.
func (p principal) ofOrganisation(id string) principal {
	p.context = maps.Clone(p.context)
	p.context["aws:PrincipalOrgID"] = id
	return p
}

const (
	ssoPath   = "/aws-reserved/sso.amazonaws.com/"
	ssoRegion = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
	ssoRole   = "AWSReservedSSO_Developer_0123456789abcdef"
)

// alice is the requester, as an Identity Center user.
func alice(partition string) principal { return sessionOf(partition, ssoPath, ssoRole, requester) }

// inPartition moves an ARN of the partition aws to another one.
func inPartition(partition, arn string) string {
	region := map[string]string{"aws-us-gov": ":us-gov-west-1:", "aws-cn": ":cn-north-1:"}[partition]
	if region == "" {
		region = ":us-east-1:"
	}
	return strings.NewReplacer("arn:aws:", "arn:"+partition+":", ":us-east-1:", region).Replace(arn)
}
