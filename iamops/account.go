package iamops

import "strings"

// AccountOf is the account that an ARN names: 12 digits, "aws" for what belongs to AWS,
// or "" for what has no owner in its ARN, as a bucket. isARN is false for a text that is
// no ARN at all.
func AccountOf(arn string) (account string, isARN bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return "", false
	}
	return parts[4], true
}
