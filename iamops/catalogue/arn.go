package catalogue

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxARN is the longest ARN that IAM takes, in characters, from the model of its API
// (arnType).
const maxARN = 2048

// arn is the ARN of an entity, taken apart.
type arn struct {
	text                                string // what is granted
	partition, service, region, account string
	rest                                string // after "arn:PARTITION:"
}

var (
	arnForm = regexp.MustCompile(`^arn:([a-z0-9-]+):([a-z0-9-]+):([a-z0-9-]*):([a-z0-9-]*):(.+)$`)
	// regionForm is that of the names of all Regions, and of no Availability Zone.
	regionForm = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	// wholeWildcard is a name that is "*" alone, which no resource has: all are meant.
	wholeWildcard = regexp.MustCompile(`(^|[/:])\*+($|[/:])`)
)

// IsRegion reports whether a text has the form of a Region's name, such as eu-west-1.
func IsRegion(text string) bool { return regionForm.MatchString(text) }

// parseARN takes the ARN of an entity apart and refuses one that could name more
// than one resource, or a resource that is not of this account and partition.
// An ARN without an account (a bucket's, a REST API's) passes: it has no owner
// that could be compared.
//
// What a name may hold AWS says for each type (see unusual), so "*" and "?" pass
// here. They are a part of the name, and in a policy they mean themselves: see
// [Written].
func parseARN(given, partition, account string) (arn, *Refusal) {
	text := given
	bad := func(reason Reason, message string, args ...any) (arn, *Refusal) {
		return arn{}, &Refusal{Reason: reason, ARN: given, message: func() string { return fmt.Sprintf(message, args...) }}
	}
	if n := utf8.RuneCountInString(text); n > maxARN {
		return bad(InvalidARN, "the ARN has %d characters, and AWS takes %d at most", n, maxARN)
	}
	text = withoutLogStreams(text)
	m := arnForm.FindStringSubmatch(text)
	switch {
	case !printable(text):
		return bad(InvalidARN, "%q begins or ends with a blank, or holds what cannot be printed", text)
	case strings.Contains(text, "${") || wholeWildcard.MatchString(text):
		return bad(InvalidARN, namesMore, text)
	case m == nil:
		return bad(InvalidARN, "%q is not an ARN (arn:partition:service:region:account:resource): the platform team has to make the ARN of the resource its identifier in Port, or its property \"arn\"", text)
	case m[1] != partition:
		return bad(ForeignPartition, "%s is of partition %s, and access is granted in %s", text, m[1], partition)
	case m[3] != "" && !IsRegion(m[3]):
		return bad(InvalidARN, "%s is in %q, which is no Region such as eu-west-1", text, m[3])
	case elsewhereRegion(partition, m[3]):
		return bad(InvalidARN, "%s is in Region %s, which partition %s does not have", text, m[3], partition)
	case m[4] == "aws":
		return bad(ForeignAccount, "%s belongs to AWS, and access is granted in account %s", text, account)
	case m[4] != "" && m[4] != account:
		return bad(ForeignAccount, "%s is of account %s, and access is granted in account %s", text, m[4], account)
	}
	return arn{text: text, partition: m[1], service: m[2], region: m[3], account: m[4], rest: strings.TrimPrefix(text, "arn:"+m[1]+":")}, nil
}

// regions are how the names of the Regions of a partition begin, where not as those of
// the partition aws: "Amazon Resource Names (ARNs)" and the endpoints of each partition,
// AWS General Reference.
var regions = []struct{ partition, prefix string }{
	{"aws-cn", "cn-"},
	{"aws-us-gov", "us-gov-"},
	{"aws-iso", "us-iso-"},
	{"aws-iso-b", "us-isob-"},
	{"aws-iso-e", "eu-isoe-"},
	{"aws-iso-f", "us-isof-"},
	{"aws-eusc", "eusc-"},
}

// elsewhereRegion reports whether a Region is certainly not of a partition.
func elsewhereRegion(partition, region string) bool {
	for _, r := range regions {
		if region != "" && (r.partition == partition) != strings.HasPrefix(region, r.prefix) {
			return true
		}
	}
	return false
}

// namesMore is why an ARN is refused that looks like one of a policy.
const namesMore = "%s holds a wildcard or a policy variable: name one resource"

// wildcards are what policies take for any text, and for any one character.
const wildcards = "*?"

// joiners are what some scripts write between letters.
const joiners = "\u200c\u200d"

// printable reports whether s is text without control characters, and has white space of
// one line alone, and inside.
func printable(s string) bool {
	odd := func(r rune) bool {
		return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) && !strings.ContainsRune(joiners, r)
	}
	return utf8.ValidString(s) && strings.TrimSpace(s) == s && strings.IndexFunc(s, odd) < 0
}

// literal writes what policies would take for a wildcard or a variable so that it
// means itself: "IAM policy elements: Variables and tags", IAM User Guide.
var literal = strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}")

// Written is an ARN as the Resource of a policy has it, so that it names that one
// resource whatever its name holds.
func Written(arn string) string { return literal.Replace(withoutLogStreams(arn)) }

// needsType reports whether the ARN holds what only some types may have in it, so
// that one of no type is refused: a separator at its end, or a wildcard. Only a few
// types end so (keyspaces of Cassandra, stacks of OpsWorks, folders of buckets); else
// what follows is missing.
func (a arn) needsType() bool {
	return separatorAtEnd(a.rest) || strings.ContainsAny(a.rest, wildcards)
}

// incomplete says why such an ARN of no type is refused.
func (a arn) incomplete() string {
	if separatorAtEnd(a.rest) {
		return fmt.Sprintf("%s ends in %q: name one resource", a.text, a.text[len(a.text)-1:])
	}
	return fmt.Sprintf(namesMore, a.text)
}

func separatorAtEnd(s string) bool { return strings.HasSuffix(s, "/") || strings.HasSuffix(s, ":") }
