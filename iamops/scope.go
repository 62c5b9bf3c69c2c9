package iamops

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"port-iam/templates"
)

// maxARNLen is the longest ARN that IAM takes.
const maxARNLen = 2048

var (
	actionPattern = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)
	arnPattern    = regexp.MustCompile(`^arn:([a-z0-9-]+):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}|):([!-~]+)$`)
)

// s3ObjectActions act on the objects of a bucket rather than on the bucket. From
// "Actions, resources, and condition keys for Amazon S3" in AWS's Service
// Authorization Reference.
var s3ObjectActions = []string{
	"AbortMultipartUpload", "BypassGovernanceRetention", "DeleteObject", "DeleteObjectTagging", "DeleteObjectVersion",
	"DeleteObjectVersionTagging", "GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectLegalHold",
	"GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "GetObjectVersion", "GetObjectVersionAcl",
	"GetObjectVersionAttributes", "GetObjectVersionForReplication", "GetObjectVersionTagging", "GetObjectVersionTorrent",
	"ListMultipartUploadParts", "ObjectOwnerOverrideToBucketOwner", "PutObject", "PutObjectAcl", "PutObjectLegalHold",
	"PutObjectRetention", "PutObjectTagging", "PutObjectVersionAcl", "PutObjectVersionTagging", "ReplicateDelete",
	"ReplicateObject", "ReplicateTags", "RestoreObject",
}

// scope turns the requested actions on one resource into statements, grouped by
// equal resources, sorted. This is the one place that decides what a permission
// covers.
func (o *Ops) scope(actions []string, arn string) ([]templates.Statement, error) {
	if err := o.checkARN(arn); err != nil {
		return nil, err
	}
	if len(actions) == 0 {
		return nil, fmt.Errorf("no permission was requested: choose at least one")
	}
	service := strings.SplitN(arn, ":", 6)[2]
	byResource := map[string][]string{}
	for _, a := range actions {
		if !actionPattern.MatchString(a) {
			return nil, fmt.Errorf("permission %q is not an IAM action without wildcards such as s3:PutObject", a)
		}
		prefix, name, _ := strings.Cut(a, ":")
		if prefix != service {
			return nil, fmt.Errorf("permission %q is of service %q, and the resource %s is of %q", a, prefix, arn, service)
		}
		resource := arn
		bucket := service == "s3" && !strings.Contains(arn, "/")
		if bucket && slices.ContainsFunc(s3ObjectActions, func(s string) bool { return strings.EqualFold(s, name) }) {
			resource = arn + "/*"
		}
		if !slices.Contains(byResource[resource], a) {
			byResource[resource] = append(byResource[resource], a)
		}
	}
	var out []templates.Statement
	for _, resource := range []string{arn, arn + "/*"} {
		if list := byResource[resource]; len(list) > 0 {
			slices.Sort(list)
			out = append(out, templates.Statement{Sid: fmt.Sprintf("Grant%d", len(out)), Actions: list, Resources: []string{resource}})
		}
	}
	return out, nil
}

// checkARN refuses what could cover more than one resource of our account.
func (o *Ops) checkARN(arn string) error {
	m := arnPattern.FindStringSubmatch(arn)
	switch {
	case m == nil || len(arn) > maxARNLen:
		return fmt.Errorf("the entity identifier %q is not an ARN (arn:partition:service:region:account:resource)", arn)
	case strings.ContainsAny(arn, "*?") || strings.Contains(arn, "${"):
		return fmt.Errorf("the ARN %s holds a wildcard or a policy variable: name one resource", arn)
	case strings.HasSuffix(arn, "/") || strings.HasSuffix(arn, ":"):
		return fmt.Errorf("the ARN %s ends in %q: name one resource", arn, arn[len(arn)-1:])
	case m[1] != o.opts.Partition:
		return fmt.Errorf("the ARN %s is of partition %q, and this daemon works in %q", arn, m[1], o.opts.Partition)
	case m[4] != "" && m[4] != o.opts.Account:
		return fmt.Errorf("the ARN %s is of account %s, and this daemon works in %s", arn, m[4], o.opts.Account)
	}
	return nil
}
