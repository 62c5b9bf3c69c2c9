package grants_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// speaking are the files whose texts people read in Port.
var speaking = []string{
	"approval.go", "boundary.go", "decision.go", "grant.go", "label.go", "offer.go", "place.go", "removal.go", "request.go", "requester.go", "resource.go", "revoke.go", "route.go", "slots.go", "where.go",
	"../port/inputs.go", "../iamops/boundary.go", "../iamops/create.go", "../iamops/look.go", "../iamops/plan.go", "../iamops/remove.go", "../iamops/scope.go",
	"../iamops/catalogue/accompany.go", "../iamops/catalogue/advice.go", "../iamops/catalogue/apart.go", "../iamops/catalogue/arn.go", "../iamops/catalogue/denied.go", "../iamops/catalogue/explain.go", "../iamops/catalogue/grantable.go", "../iamops/catalogue/refusal.go", "../iamops/catalogue/related.go", "../iamops/catalogue/resources.go",
}

// unsaid are texts of these files that no run says, with the reason.
var unsaid = map[string]string{
	"and so on in %d more accounts":                                "the plays serve three accounts",
	"its version %s is not visible":                                "the run waits",
	"the clock is wrong":                                           "a run waits for the clock and does not end",
	"Port does not list the run for the requester of the record":   "the record is dropped, and its run left alone",
	"it names no requester, and a person started the run":          "the record is dropped",
	"its timestamp %s is not between the start of the run and now": "the record is dropped",
	"grant %s is not completely visible in IAM":                    "the removal waits, and goes on after its time",
	"grant %s is not visible in IAM":                               "the removal waits, and goes on after its time",
	"AWS shows on the role what was taken off, or is new: %s":      "the removal waits; in the end it says what AWS says",
	"Port does not give the run of the grant: %w":                  "the removal waits; in the end it says what Port says",
	"the access is cut, and the rest follows":                      "the removal goes on",
	"Waiting for the audit log":                                    "what is granted is the same after that",
	"nothing is granted without its audit event: %w":               "the run waits, for as long as that takes",
	"the grant ends in %s":                                         "the expiry waits",
	"other runs are being handled in account %s":                   "the run waits, for as long as that takes",
	"plan grant ": "our name of the step is taken off",
	"the run id holds characters that an IAM name cannot have":                                   "Port makes the ids of runs",
	"path and name have %d characters, and the console switches to %d at most: shorten IAM_PATH": "IAM_PATH is checked at the start, and Port's ids are short",
	"the grant was revoked before it was complete":                                               "another instance that ends the run says it with a capital letter",
	"its description is %q and not %q":                                                           "IAM's stand-in cannot change one",
	"it lacks the tag %q":                                                                        "only where another instance has other IAM_TAGS",
	"it is not the name of a grant (%s<run id>)":                                                 "such an entity is refused before",
	"the answer holds no role":                                                                   "AWS does not answer so",
	"the answer holds no policy":                                                                 "AWS does not answer so",
	"the %s holds %q, and IAM takes nothing above U+00FF: use the json function in the template": "only with templates of one's own",
	"the ARN has %d characters, and AWS takes %d at most":                                        "Port allows 1,000",
	"Sign-in URL: none, since AWS documents none for this partition. Switch to the role by hand": "only in such a partition",
	"a related resource is not in the catalogue":                                                 "only between two reads: Port keeps an entity that others relate to",

	"the resource %s, which is related to %s, is not in the catalogue (blueprint %q): ask the platform team to correct the relation %q in Port": "likewise",

	"%d resources are related to %s, and a grant takes %d at most": "the relation is counted before",
	"%q is not an AWS account id":                                  "the account is AWS's answer, or checked at the start",
	"%q is not an AWS partition":                                   "likewise",
	"no permission is requested":                                   "it is said before, with what to do",
	"resources whose ARN AWS does not describe":                    "AWS has no such action today",
}

// complete has the test fail for a text in the source that no play has brought about,
// and for a reason of the catalogue that none has met.
func (g *golden) complete() {
	said := strings.Join(g.said, "\n\n")
	for _, file := range speaking {
		set := token.NewFileSet()
		source, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		g.must(err)
		for _, text := range sentences(source) {
			_, not := unsaid[text]
			if is := asPattern(text).MatchString(said); is == not {
				g.t.Errorf("%s: %q: said in the golden file: %v, listed as unsaid: %v", filepath.Base(file), text, is, not)
			}
		}
	}
	source, err := os.ReadFile("../iamops/catalogue/refusal.go")
	g.must(err)
	reasons := regexp.MustCompile(`Reason += "([a-z_]+)"`).FindAllSubmatch(source, -1)
	for _, r := range reasons {
		if !g.reasonMet(string(r[1])) {
			g.t.Errorf("the catalogue refuses nothing for the reason %s", r[1])
		}
	}
	if len(reasons) < 8 {
		g.t.Errorf("%d reasons in the source", len(reasons))
	}
}

func (g *golden) reasonMet(name string) bool {
	for r := range g.reasons {
		if string(r) == name {
			return true
		}
	}
	return false
}

// sentences are the texts of a file that have a blank, but for those of log lines.
func sentences(file *ast.File) (texts []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.CallExpr:
			if s, is := n.Fun.(*ast.SelectorExpr); is && (isLog(s.X) || s.Sel.Name == "MustCompile") {
				return false
			}
		case *ast.BasicLit:
			if n.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(n.Value)
			if err == nil && strings.Contains(strings.TrimSpace(text), " ") {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}

// isLog reports whether an expression is a logger, such as j.log.
func isLog(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "log"
	case *ast.SelectorExpr:
		return e.Sel.Name == "log"
	}
	return false
}

var verb = regexp.MustCompile(`%(\[\d+\])?[a-z]|%%`)

// asPattern is what a format may become.
func asPattern(format string) *regexp.Regexp {
	var pattern strings.Builder
	pattern.WriteString("(?s)")
	for i, part := range verb.Split(format, -1) {
		if i > 0 {
			pattern.WriteString(".*?")
		}
		pattern.WriteString(regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(pattern.String())
}
