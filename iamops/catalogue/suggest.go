package catalogue

import (
	"slices"
	"strings"
)

// operations are names of API operations and commands that people take for
// actions. "Actions defined by Amazon S3" and "… AWS Lambda" say which action an
// operation needs.
var operations = map[string][]string{
	"s3:copyobject":                   {"GetObject", "PutObject"},
	"s3:createmultipartupload":        {"PutObject"},
	"s3:completemultipartupload":      {"PutObject"},
	"s3:uploadpart":                   {"PutObject"},
	"s3:deleteobjects":                {"DeleteObject"},
	"s3:headbucket":                   {"ListBucket"},
	"s3:headobject":                   {"GetObject"},
	"s3:listobjects":                  {"ListBucket"},
	"s3:listobjectsv2":                {"ListBucket"},
	"s3:listobjectversions":           {"ListBucketVersions"},
	"s3:listmultipartuploads":         {"ListBucketMultipartUploads"},
	"s3:listparts":                    {"ListMultipartUploadParts"},
	"s3:listbuckets":                  {"ListAllMyBuckets"},
	"lambda:invoke":                   {"InvokeFunction"},
	"lambda:invokewithresponsestream": {"InvokeFunction"},
	"dynamodb:executestatement":       {"PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"},
	"dynamodb:transactgetitems":       {"GetItem"},
	"dynamodb:transactwriteitems":     {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
}

// insteadOf ends a message about an unknown action with what may be meant.
func (s *service) insteadOf(name string) string {
	if names := operations[s.prefix+":"+strings.ToLower(name)]; names != nil {
		return didYouMean(s.prefix+":", names)
	}
	names := make([]string, len(s.actions))
	for i := range s.actions {
		names[i] = s.actions[i].name
	}
	return didYouMean(s.prefix+":", near(name, names))
}

func didYouMean(prefix string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ". Did you mean " + listed(prefix, names) + "?"
}

// listed writes "a, b or c".
func listed(prefix string, names []string) string {
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = prefix + n
	}
	n := len(full) - 1
	if n < 1 {
		return strings.Join(full, "")
	}
	return strings.Join(full[:n], ", ") + " or " + full[n]
}

// near returns the names like this one, at most three, best first. A name that
// differs in more than a third of its characters is not like it.
func near(name string, names []string) []string {
	return nearest(name, names, func(n string, off int) bool { return off <= max(1, len(n)/3) })
}

// nearest returns the names most like this one among those that are good enough,
// at most three, best first.
func nearest(name string, names []string, enough func(name string, off int) bool) []string {
	if len(name) > 100 {
		return nil // no action's name is nearly as long
	}
	off := map[string]int{}
	for _, n := range names {
		off[n] = distance(strings.ToLower(name), strings.ToLower(n))
	}
	found := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !enough(n, off[n]) })
	slices.SortStableFunc(found, func(a, b string) int { return off[a] - off[b] })
	return found[:min(3, len(found))]
}

// distance is Levenshtein's: how many characters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
