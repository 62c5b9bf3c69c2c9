package tree

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const ourselves = "test/tree/words_test.go" // the list of words is no text

// avoided are words at which a reader who learned English stops, with the words
// to take instead. A blank stands for what can be between words of a comment.
var avoided = []struct {
	word   *regexp.Regexp
	better string
}{
	{words(`somebody|someone`), "name who: the requester, the operator, Port, IAM, another instance"},
	{words(`whoever|whomever`), "name who, or say: a person who"},
	{words(`who is away`), "say what cannot be reached"},
	{words(`what is there|what was there|what['’]s there`), "name what exists"},
	{words(`anew`), "again"},
	{words(`mend|mends|mended|mending`), "fix, repair"},
	{words(`for good`), "permanently"},
	{words(`all the same`), "anyway, still"},
}

func words(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + strings.ReplaceAll(pattern, " ", `(?:[\s#*]|//)+`) + `)\b`)
}

// harmless is where the words may stand: addresses, the settings table of the
// README (it is made from Go), "all the same" of what is equal, good reasons.
var harmless = regexp.MustCompile(`(?i)\b[a-z]+://\S+|(?s:<!-- settings: begin.*?settings: end -->)|` +
	`\b(?:is|are|was|were) all the same\b|\bfor good reasons?\b`)

// findWords says at which line of a text words stand that are avoided.
func findWords(text string, line int) []string {
	text = harmless.ReplaceAllStringFunc(text, func(s string) string {
		return strings.Repeat("\n", strings.Count(s, "\n")) + strings.Repeat(" ", len(s)-strings.Count(s, "\n"))
	})
	var found []string
	for _, a := range avoided {
		for _, at := range a.word.FindAllStringIndex(text, -1) {
			found = append(found, fmt.Sprintf("%d: %q: %s", line+strings.Count(text[:at[0]], "\n"), text[at[0]:at[1]], a.better))
		}
	}
	return found
}

func TestFindWords(t *testing.T) {
	for text, want := range map[string][]string{
		"Somebody's role":              {`1: "Somebody"`},
		"one\n\nask WHOEVER":           {`3: "WHOEVER"`},
		"it ends for\n# good.":         {`1: "for\n# good"`},
		"all\n// the same, it":         {`1: "all\n// the same"`},
		"mended, then begun anew":      {`1: "anew"`, `1: "mended"`},
		"what is there? Who is away":   {`1: "Who is away"`, `1: "what is there"`},
		"What's there, what was there": {`1: "What's there"`, `1: "what was there"`},

		"amend, recommend, mender, renewed": nil,
		"somebody_else, who is\naway_again": nil,
		"https://example.com/anew/mend":     nil,
		"they are all the same":             nil,
		"for good reason, for goods":        nil,
	} {
		var got []string
		for _, f := range findWords(text, 1) {
			got = append(got, f[:strings.LastIndex(f, `"`)+1])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// texts are the endings and names of files whose text people read.
var texts = []string{
	".md", ".yaml", ".yml", ".json", ".tpl", ".txt", ".env", ".service", ".sh", ".py", ".mjs", ".xml", ".properties",
	".html", ".js", ".css", "Dockerfile", "Makefile", "run",
}

// wordsOfGo finds words in the comments and strings of a Go file. Strings that
// quotes enclose are one line, whatever they say.
func wordsOfGo(name string, code []byte) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, code, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, group := range file.Comments {
		var text strings.Builder
		for _, c := range group.List {
			text.WriteString(c.Text + "\n")
		}
		found = append(found, findWords(text.String(), files.Position(group.Pos()).Line)...)
	}
	parts := map[ast.Node]bool{} // of a text that was looked at
	ast.Inspect(file, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && !parts[n] {
			found = append(found, findWords(textOf(e, parts), files.Position(e.Pos()).Line)...)
		}
		return true
	})
	return found, nil
}

// textOf is the text of a string, or of what + joins, and notes its parts. What is no
// string ends a word.
func textOf(e ast.Expr, parts map[ast.Node]bool) string {
	parts[e] = true
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if e.Kind != token.STRING || err != nil {
			break
		}
		if e.Value[0] == '"' {
			text = strings.ReplaceAll(text, "\n", " ")
		}
		return text
	case *ast.ParenExpr:
		return textOf(e.X, parts)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return textOf(e.X, parts) + textOf(e.Y, parts)
		}
	}
	return "\x00"
}

func TestWordsOfGo(t *testing.T) {
	code := "package x\n\n// Mend says that\n// what is\n// there\nvar anew = \"one\\nsomeone \" + `two\nfor\ngood` // https://example.com/anew\n" +
		"var b = x + \"it ends for \" +\n\"good\" + f(\"some\"+(\"body\")) + \"all the \" + x + \"same\"\n"
	found, err := wordsOfGo("x.go", []byte(code))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, f[:strings.LastIndex(f, `"`)+1])
	}
	want := []string{`4: "what is\n// there"`, `3: "Mend"`, `6: "someone"`, `7: "for\ngood"`, `9: "for good"`, `10: "somebody"`}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWords: no text of the project has words that are avoided. What is in
// testdata is written by others, or made of texts that are checked.
func TestWords(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if slices.Contains([]string{".git", ".cache", "bin", "node_modules", "testdata"}, e.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil || name == ourselves {
			return err
		}
		isGo := filepath.Ext(name) == ".go"
		if !isGo && !slices.Contains(texts, filepath.Ext(name)) && !slices.Contains(texts, e.Name()) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		checked++
		found := findWords(string(text), 1)
		if isGo {
			if found, err = wordsOfGo(name, text); err != nil {
				return err
			}
		}
		for _, f := range found {
			t.Errorf("%s:%s", name, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 400 {
		t.Errorf("%d files only were checked", checked)
	}
}
