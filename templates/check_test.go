package templates_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"port-iam/templates"
)

func TestBuiltin(t *testing.T) {
	if _, err := templates.Load(fstest.MapFS{}); err != nil {
		t.Error(err)
	}
}

// TestBad are templates that an operator may write, each with the whole text of
// what is then said at start.
func TestBad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			dir, want := read(t, file)
			if diff := cmp.Diff(want, problem(dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// read returns the templates of a file, and the error that is expected of them.
func read(t *testing.T, file string) (dir fstest.MapFS, want string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir = fstest.MapFS{}
	for _, f := range archive.Files {
		if f.Name == "error" {
			want = strings.TrimSuffix(string(f.Data), "\n")
			continue
		}
		dir[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	if want == "" || len(dir) == 0 {
		t.Fatalf("%s holds no error or no template", file)
	}
	return dir, want
}

func problem(dir fstest.MapFS) string {
	if _, err := templates.Load(dir); err != nil {
		return err.Error()
	}
	return ""
}

// TestSamples: a mistake shows that comes out in one partition only, or for names that
// are written otherwise in a policy.
func TestSamples(t *testing.T) {
	mistake := func(where string) fstest.MapFS {
		return fstest.MapFS{templates.PermissionPolicyFile: {Data: []byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}` + where + `]}`)}}
	}
	if got := problem(mistake("")); got != "" {
		t.Fatal(got)
	}
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-sample"} {
		if problem(mistake(`{{ if eq .Partition "`+partition+`" }} no {{ end }}`)) == "" {
			t.Errorf("a mistake in %s passes", partition)
		}
	}
	for _, sign := range []string{"${*}", "${?}", "${$}"} {
		// The resource is cut at the sign's place, so a comparison finds it.
		found := false
		for at := range 100 {
			where := fmt.Sprintf(`{{ range .Statements }}{{ range .Resources }}{{ if gt (len .) %d }}{{ if eq (slice . %d %d) %q }} no {{ end }}{{ end }}{{ end }}{{ end }}`, at+3, at, at+4, sign)
			found = found || problem(mistake(where)) != ""
		}
		if !found {
			t.Errorf("no sample has a %s", sign)
		}
	}
	// A list of one account is as good, and a Deny needs no limit.
	own := `{"Version":"2012-10-17","Statement":[{{ range $i, $s := .Statements }}{{ if $i }},{{ end }}{"Effect":"Allow","Action":{{ json $s.Actions }},"Resource":{{ json $s.Resources }},
		"Condition":{"StringLike":{"aws:PrincipalTag/team":"*"}{{ if $.End }},"DateLessThan":{"aws:CurrentTime":{{ json $.End }}}{{ end }}
		{{ if $s.ResourceAccount }},"StringEquals":{"aws:ResourceAccount":[{{ json $s.ResourceAccount }}]}{{ end }}}},
		{"Effect":"Deny","Action":{{ json $s.Actions }},"Resource":{{ json $s.Resources }}}{{ end }}]}`
	if got := problem(fstest.MapFS{templates.PermissionPolicyFile: {Data: []byte(own)}}); got != "" {
		t.Error(got)
	}
}

// TestReplaced checks that each template is replaced for itself.
func TestReplaced(t *testing.T) {
	own := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny"},{"Effect":"Allow","Condition":{"DateLessThan":{"aws:CurrentTime":{{ json .End }}}}}]}`
	for _, file := range []string{templates.PermissionPolicyFile, templates.TrustPolicyFile} {
		set, err := templates.Load(fstest.MapFS{file: {Data: []byte(own)}, "README": {Data: []byte("{{")}})
		if err != nil {
			t.Fatal(err)
		}
		// A Deny needs no end, and space around the document is no matter.
		p, err1 := set.PermissionPolicy(sample())
		tr, err2 := set.TrustPolicy(sample())
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		isOwn := func(doc string) bool {
			return strings.HasPrefix(doc, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny"}`)
		}
		if isOwn(p) != (file == templates.PermissionPolicyFile) || isOwn(tr) != (file == templates.TrustPolicyFile) {
			t.Errorf("with an own %s:\n%s\n%s", file, p, tr)
		}
	}
}

// TestUnreadable checks that a template which is there and cannot be read is not
// taken for a missing one.
func TestUnreadable(t *testing.T) {
	_, err := templates.Load(fstest.MapFS{templates.TrustPolicyFile + "/x": {}})
	if want := "read template trust-policy.json: read trust-policy.json: invalid argument"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
