package catalogue

import (
	"fmt"
	"regexp"
	"strings"
)

// maxARN is the longest ARN that IAM takes, from the model of its API (arnType).
const maxARN = 2048

// arn is the ARN of an entity, taken apart.
type arn struct {
	text                                string // what is granted
	partition, service, region, account string
	rest                                string // after "arn:PARTITION:"
}

var (
	arnForm    = regexp.MustCompile(`^arn:([a-z0-9-]+):([a-z0-9-]+):([a-z0-9-]*):([a-z0-9-]*):(.+)$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	visibleARN = regexp.MustCompile(`^[!-~]*$`)
)

// parseARN takes the ARN of an entity apart and refuses one that could name more
// than one resource, or a resource that is not of this account and partition.
// An ARN without an account (a bucket's, a REST API's) passes: it has no owner
// that could be compared.
func parseARN(text, partition, account string) (arn, *Refusal) {
	bad := func(reason Reason, message string, args ...any) (arn, *Refusal) {
		return arn{}, &Refusal{Reason: reason, ARN: text, Message: fmt.Sprintf(message, args...)}
	}
	if len(text) > maxARN {
		return bad(InvalidARN, "the entity identifier has %d characters, and an ARN has %d at most", len(text), maxARN)
	}
	text = withoutLogStreams(text)
	m := arnForm.FindStringSubmatch(text)
	switch {
	case !visibleARN.MatchString(text):
		return bad(InvalidARN, "the entity identifier %q holds white space or a character that is not printable ASCII", text)
	case strings.ContainsAny(text, "*?") || strings.Contains(text, "${"):
		return bad(InvalidARN, "%s holds a wildcard or a policy variable: name one resource", text)
	case m == nil:
		return bad(InvalidARN, "the entity identifier %q is not an ARN (arn:partition:service:region:account:resource)", text)
	case m[1] != partition:
		return bad(ForeignPartition, "%s is of partition %s, and access is granted in %s", text, m[1], partition)
	case m[4] == "aws":
		return bad(ForeignAccount, "%s belongs to AWS, and access is granted in account %s", text, account)
	case m[4] != "" && m[4] != account:
		return bad(ForeignAccount, "%s is of account %s, and access is granted in account %s", text, m[4], account)
	}
	return arn{text: text, partition: m[1], service: m[2], region: m[3], account: m[4], rest: strings.TrimPrefix(text, "arn:"+m[1]+":")}, nil
}

// separatorAtEnd reports whether the ARN ends in "/" or ":". Only a few types do
// (keyspaces of Cassandra, stacks of OpsWorks); else what follows is missing.
func separatorAtEnd(s string) bool { return strings.HasSuffix(s, "/") || strings.HasSuffix(s, ":") }
