package catalogue

import (
	"regexp"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		text, arn string
		want      pass // the first pass that matches
	}{
		{"s3:::${B}", "s3:::b", strict},
		{"s3:::${B}", "s3:::b/k", loose},
		{"s3:::${B}", "s3:::", none},
		{"s3:::${B}/${O}", "s3:::b/k", strict},
		{"s3:::${B}/${O}", "s3:::b/k/l", loose},
		{"s3:::${B}/${O}", "s3:::b/k:l", colon},
		{"s3:::${B}/${O}", "s3:::b/", none},
		{"s3:::${B}/${O}", "s3:::b:c/k", none},
		{"sqs:${R}:${A}:${Q}", "sqs:eu:1:q", strict},
		{"sqs:${R}:${A}:${Q}", "sqs::1:q", none},
		{"sqs:${R}:${A}:${Q}", "sqs:eu::q", none},
		{"ec2:${R}::image/${I}", "ec2:eu::image/ami-1", strict},
		{"ec2:${R}::image/${I}", "ec2:eu:1:image/ami-1", none},
		{"backup:${R}:${A}:framework:${N}-${I}", "backup:eu:1:framework:a-b-c", strict},
		{"backup:${R}:${A}:framework:${N}-${I}", "backup:eu:1:framework:a-", none},
		{"dms:${R}:${A}:cert:*", "dms:eu:1:cert:X", strict},
		{"cassandra:${R}:${A}:/keyspace/${K}/", "cassandra:eu:1:/keyspace/k/", strict},
		{"cassandra:${R}:${A}:/keyspace/${K}/", "cassandra:eu:1:/keyspace/k", none},
		{"codeartifact:${R}:${A}:package-group/${D}${P}", "codeartifact:eu:1:package-group/x", strict},
		{"glue:${R}:${A}:catalog", "glue:eu:1:catalog", strict},
		{"glue:${R}:${A}:catalog", "glue:eu:1:catalog/x", none},
	} {
		p, ok := parsePattern(tc.text)
		if !ok {
			t.Errorf("%s is refused", tc.text)
			continue
		}
		p.names = colonAtEnd
		got := none
		for _, how := range []pass{colon, loose, strict} {
			if p.match(tc.arn, how) {
				got = how
			}
		}
		if got != tc.want {
			t.Errorf("%s matches %s in pass %d, want %d", tc.text, tc.arn, got, tc.want)
		}
	}
	for _, text := range []string{"${Vendor}:${R}:*:${T}:${I}", "s3:bucket", ""} {
		if p, ok := parsePattern(text); ok {
			t.Errorf("%q is taken as %+v", text, p)
		}
	}
}

const none = pass(-1)

// FuzzMatch compares the matcher with a regular expression that says the same.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{"s3:::*/*", "s3:::b/k/l"},
		{"a*b*c", "aXbXbXc"},
		{"*", ""},
		{"*-*", "a--"},
		{"x*/*:*", "xa/b/c:d"},
		{"lambda:*:*:function:*:*", "lambda:eu:1:function:f:live"},
		{"*a*", "aaa"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, shape, s string) {
		if strings.Contains(shape, "**") || len(shape) > 60 || len(s) > 200 || !printable(shape) || !printable(s) {
			t.Skip() // parsePattern writes no "**", parseARN lets only what can be printed pass
		}
		for _, how := range []pass{strict, loose, colon} {
			for n := plain; n <= free; n++ {
				before, last := bans[n][how].before, bans[n][how].last
				expr := strings.ReplaceAll(regexp.QuoteMeta(shape), `\*`, "\x00")
				if at := strings.LastIndex(expr, "\x00"); at >= 0 {
					expr = expr[:at] + anyBut(last) + expr[at+1:]
				}
				expr = strings.ReplaceAll(expr, "\x00", anyBut(before))
				want := regexp.MustCompile("^(?s:" + expr + ")$").MatchString(s)
				if got := match(shape, s, before, last); got != want {
					t.Errorf("match(%q, %q, %q, %q) = %v, and %s says %v", shape, s, before, last, got, expr, want)
				}
			}
		}
	})
}

// anyBut is the expression of one or more characters that are not banned.
func anyBut(banned string) string {
	if banned == "" {
		return ".+"
	}
	return "[^" + banned + "]+"
}
