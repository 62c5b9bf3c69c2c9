package iamtest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Length quotas of documents, white space not counted, and the other fixed
// quotas of an account.
const (
	maxPolicySize      = 6144
	maxTrustSize       = 2048
	maxInlineSize      = 10240
	maxVersions        = 5
	maxAttached        = 10
	maxTags            = 50
	maxDocument        = 131072
	defaultMaxSession  = 3600
	longestSession     = 43200
	shortestAssumption = 900
)

// member checks one input against the constraints that AWS's model puts on it.
func member(name, value string, shortest, longest int, allowed func(rune) bool, pattern string) error {
	switch n := utf8.RuneCountInString(value); {
	case n < shortest:
		return invalidValue(name, "Member must have length greater than or equal to %d", shortest)
	case n > longest:
		return invalidValue(name, "Member must have length less than or equal to %d", longest)
	case !only(value, allowed):
		return invalidValue(name, "Member must satisfy regular expression pattern: %s", pattern)
	}
	return nil
}

func only(s string, allowed func(rune) bool) bool {
	for _, r := range s {
		if !allowed(r) {
			return false
		}
	}
	return true
}

func anyRune(rune) bool { return true }

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func nameRune(r rune) bool { return alphanumeric(r) || strings.ContainsRune("_+=,.@-", r) }

func checkRoleName(name string) error {
	return member("roleName", name, 1, 64, nameRune, `[\w+=,.@-]+`)
}

func checkPolicyName(name string) error {
	return member("policyName", name, 1, 128, nameRune, `[\w+=,.@-]+`)
}

func checkSessionName(name string) error {
	return member("roleSessionName", name, 2, 64, nameRune, `[\w+=,.@-]*`)
}

func checkARN(name, arn string) error { return member(name, arn, 20, 2048, anyRune, "") }

func checkRolePath(path string) error {
	const pattern = `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`
	if err := member("path", path, 1, 512, func(r rune) bool { return r >= '!' && r <= '~' }, pattern); err != nil {
		return err
	}
	if path != "/" && (len(path) < 3 || path[0] != '/' || path[len(path)-1] != '/') {
		return invalidValue("path", "Member must satisfy regular expression pattern: %s", pattern)
	}
	if reserved(path) {
		return invalidInput("The path %s is reserved.", path)
	}
	return nil
}

// reserved paths hold roles that AWS manages; nobody else makes or changes any.
func reserved(path string) bool {
	return strings.HasPrefix(path, "/aws-reserved/") || strings.HasPrefix(path, "/aws-service-role/")
}

func checkPolicyPath(path string) error {
	const pattern = `((/[A-Za-z0-9\.,\+@=_-]+)*)/`
	if err := member("path", path, 1, 512, func(r rune) bool { return nameRune(r) || r == '/' }, pattern); err != nil {
		return err
	}
	if path[0] != '/' || path[len(path)-1] != '/' || strings.Contains(path, "//") {
		return invalidValue("path", "Member must satisfy regular expression pattern: %s", pattern)
	}
	return nil
}

func checkDescription(text string) error {
	return member("description", text, 0, 1000, func(r rune) bool {
		return strings.ContainsRune("\t\n\r", r) || r >= 0x20 && r <= 0x7e || r >= 0xa1 && r <= 0xff
	}, `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`)
}

func checkDocumentText(name, text string) error {
	return member(name, text, 1, maxDocument, func(r rune) bool {
		return strings.ContainsRune("\t\n\r", r) || r >= 0x20 && r <= 0xff
	}, `[\u0009\u000A\u000D\u0020-\u00FF]+`)
}

// size is how long a document is for the quotas: white space does not count.
func size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

func checkTag(key, value string) error {
	const pattern = `[\p{L}\p{Z}\p{N}_.:/=+\-@]`
	allowed := func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.Z, unicode.N) || strings.ContainsRune("_.:/=+-@", r)
	}
	if err := member("tags.member.key", key, 1, 128, allowed, pattern+"+"); err != nil {
		return err
	}
	if err := member("tags.member.value", value, 0, 256, allowed, pattern+"*"); err != nil {
		return err
	}
	if strings.HasPrefix(strings.ToLower(key), "aws:") {
		return invalidInput("Tag keys that begin with aws: are reserved: %s", key)
	}
	return nil
}
