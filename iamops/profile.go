package iamops

import (
	"fmt"
	"strings"
	"time"

	"port-iam/templates"
)

// maxChained is how long a session may last that another role's session opened: "Role
// chaining", IAM User Guide.
const maxChained = time.Hour

// Profile is the profile of the AWS CLI for a grant of this name: the text of its section
// in ~/.aws/config, without a secret. It has the Region of the resource, where the ARN
// names one. lasts is the maximum session duration of the role: people whose own session
// is that of a role get an hour at most.
func (o *Ops) Profile(name, resource string, lasts time.Duration) string {
	if o.opts.Trust != templates.TrustIAMUser {
		lasts = min(lasts, maxChained)
	}
	lines := []string{
		"[profile " + name + "]",
		"role_arn = " + o.RoleARN(name),
		"source_profile = <your profile>",
	}
	if region := regionOf(resource); region != "" {
		lines = append(lines, "region = "+region)
	}
	lines = append(lines, fmt.Sprintf("duration_seconds = %d", int(lasts.Seconds())))
	return strings.Join(lines, "\n")
}
