package templates

import (
	"regexp"
	"slices"
	"unicode"
)

// MaxPolicy is how long a managed policy may be, by [Length]: "IAM and AWS STS
// quotas", IAM User Guide.
const MaxPolicy = 6144

// MaxTrust is how long the trust policy of a role may be by default, likewise.
const MaxTrust = 2048

// maxUserName is how long the name of an IAM user, and of a session, may be.
const maxUserName = 64

// Length is that of a document as IAM counts it: without white space.
func Length(document string) int {
	n := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	// AWS calls its partitions "aws" and "aws-" with more: "Amazon Resource Names
	// (ARNs)", IAM User Guide.
	partitionForm = regexp.MustCompile(`^aws(-[a-z0-9]+)*$`)
	pathForm      = regexp.MustCompile(`^/([A-Za-z0-9.,+@=_-]+/)*$`)
)

// IsAccount reports whether s is the id of an AWS account.
func IsAccount(s string) bool { return accountForm.MatchString(s) }

// IsPartition reports whether s has the form of the name of a partition of AWS.
func IsPartition(s string) bool { return partitionForm.MatchString(s) }

// IsPath reports whether s is a path of roles and policies, such as /port-iam/.
func IsPath(s string) bool { return pathForm.MatchString(s) }

// eachOnce are texts in order, each once.
func eachOnce(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }
