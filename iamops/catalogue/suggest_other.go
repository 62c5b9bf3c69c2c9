package catalogue

import (
	"slices"
	"strings"
)

// seldom are actions whose types AWS calls optional, and whose ordinary calls name no
// resource of them: these AWS allows on all resources only. Each row names the page, or
// the optional parameter of the operation that names the resource.
var seldom = []struct{ actions, page string }{
	{"cloudwatch:GetMetricData", metrics},
	{"cloudwatch:ListMetrics", metrics},
	{"cloudwatch:PutMetricData", metrics},
	{"comprehend:DetectEntities", `EndpointArn of DetectEntities, Amazon Comprehend API Reference`},
	{"dynamodb:ListExports", `TableArn of ListExports, Amazon DynamoDB API Reference`},
	{"dynamodb:ListImports", `TableArn of ListImports, Amazon DynamoDB API Reference`},
	{"mediaconvert:ListJobs", `queue of ListJobs, AWS Elemental MediaConvert API Reference`},
	{"mediaconvert:SearchJobs", `queue of SearchJobs, AWS Elemental MediaConvert API Reference`},
	{"polly:StartSpeechSynthesisTask", `LexiconNames of StartSpeechSynthesisTask, Amazon Polly Developer Guide`},
	{"polly:SynthesizeSpeech", `LexiconNames of SynthesizeSpeech, Amazon Polly Developer Guide`},
	{"rekognition:DetectModerationLabels", `ProjectVersion of DetectModerationLabels, Amazon Rekognition API Reference`},
	{"rekognition:StartMediaAnalysisJob", `OperationsConfig of StartMediaAnalysisJob, Amazon Rekognition API Reference`},
	{"ses:DeleteSuppressedDestination", suppressed},
	{"ses:GetSuppressedDestination", suppressed},
	{"ses:ListSuppressedDestinations", suppressed},
	{"ses:PutSuppressedDestination", suppressed},
	{"translate:TranslateDocument", `TerminologyNames of TranslateDocument, Amazon Translate API Reference`},
	{"translate:TranslateText", `TerminologyNames of TranslateText, Amazon Translate API Reference`},
}

const (
	metrics    = `"Overview of managing access permissions to your CloudWatch resources", Amazon CloudWatch User Guide`
	suppressed = `"Actions, resources, and condition keys for Amazon Simple Email Service v2": for the account or a tenant`
)

// seldomOnOne reports whether most calls of an action name no resource.
func seldomOnOne(action string) bool {
	for _, s := range seldom {
		if Match(s.actions, action) {
			return true
		}
	}
	return false
}

// alternatives returns the actions most like this one, by name, that act on the entity
// itself and need no other, and could be granted. They have its access level and a word
// in common with it, and end, stop or make nothing unless it does, too.
func alternatives(k kind, s *service, a *action) []string {
	words, of := wordsOf(a.name), verbOf(a.name)
	var names []string
	for i := range s.actions {
		b := &s.actions[i]
		if b.level != a.level || b.level == Permissions || !common(words, wordsOf(b.name)) {
			continue
		}
		if is := verbOf(b.name); is != harmless && is != of {
			continue
		}
		if k.enough(s, b) && deniedAlways(s.prefix+":"+b.name) == "" {
			names = append(names, b.name)
		}
	}
	return nearest(a.name, names, func(string, int) bool { return true })
}

// verb is what an action does to a resource, or to a part of it.
type verb int

const (
	harmless verb = iota
	ends
	stops
	makes
)

// verbs are the words at the beginning of an action's name for what ends something,
// keeps others from using it, or makes another one.
var verbs = map[string]verb{
	"abort": ends, "archive": ends, "clear": ends, "close": ends, "delete": ends, "deprecate": ends, "deprovision": ends,
	"deregister": ends, "discard": ends, "dispose": ends, "drop": ends, "erase": ends, "expire": ends, "flush": ends, "forget": ends, "invalidate": ends,
	"left": ends, "overwrite": ends, "purge": ends, "redact": ends, "release": ends, "remove": ends, "reset": ends, "retire": ends, "revoke": ends,
	"rollback": ends, "terminate": ends, "un": ends, "unassign": ends, "unlink": ends, "unpeer": ends, "unpublish": ends, "unregister": ends,
	"unshare": ends, "unsubscribe": ends, "untag": ends, "wipe": ends, "withdraw": ends,

	"block": stops, "cancel": stops, "deactivate": stops, "decline": stops, "deny": stops, "detach": stops, "disable": stops, "disallow": stops,
	"disassociate": stops, "disconnect": stops, "dissociate": stops, "end": stops, "evict": stops, "exclude": stops, "failover": stops,
	"interrupt": stops, "pause": stops, "reboot": stops, "reject": stops, "restart": stops, "shutdown": stops, "stop": stops, "suspend": stops,

	"allocate": makes, "clone": makes, "copy": makes, "create": makes, "import": makes, "provision": makes, "register": makes, "run": makes,
}

// before are words that may stand before the verb, as in BatchDeleteImage.
var before = []string{"admin", "batch", "bulk", "force", "schedule", "start"}

func verbOf(name string) verb {
	words := wordsOf(name)
	for i, w := range words {
		if v := verbs[w]; v != harmless {
			return v
		}
		if i > 0 || !slices.Contains(before, w) {
			break
		}
	}
	if slices.Contains(words, "deletion") { // ScheduleKeyDeletion
		return ends
	}
	return harmless
}

// fillers are words of an action's name that do not say what it is about.
var fillers = []string{"and", "by", "describe", "for", "from", "get", "in", "list", "of", "on", "to", "with"}

// common reports whether two names have a word in common that says what they are about:
// the verb alone, which comes first, does not.
func common(a, b []string) bool {
	for i, w := range a {
		if j := slices.Index(b, w); j >= 0 && i+j > 0 && !slices.Contains(fillers, w) {
			return true
		}
	}
	return false
}

// wordsOf are the words of an action's name, in lower case and in the singular. A word
// begins with a capital after another letter, or before a small one: "DBClusterID" has
// three.
func wordsOf(name string) []string {
	capital := func(i int) bool { return name[i] >= 'A' && name[i] <= 'Z' }
	small := func(i int) bool { return i < len(name) && name[i] >= 'a' && name[i] <= 'z' }
	var words []string
	begin := 0
	for i := 1; i <= len(name); i++ {
		if i == len(name) || capital(i) && (!capital(i-1) || small(i+1)) {
			words, begin = append(words, strings.ToLower(name[begin:i])), i
		}
	}
	for i, w := range words {
		if stem, many := strings.CutSuffix(w, "ies"); many {
			words[i] = stem + "y"
		} else if !strings.HasSuffix(w, "ss") {
			words[i] = strings.TrimSuffix(w, "s")
		}
	}
	return words
}
