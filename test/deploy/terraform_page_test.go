package deploy

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTerraformPage: the examples on the page are formatted, call modules that exist with
// arguments that these take, and together call all of them; the tables name their
// variables.
func TestTerraformPage(t *testing.T) {
	tools := evaluator(t)
	page := read(t, terraformDir, "README.md")
	called := map[string]bool{}
	for _, p := range pages(t) {
		for _, code := range p.Code("hcl") {
			cmd := exec.Command(tools, "terraform-calls", root(t))
			cmd.Stdin = strings.NewReader(code)
			for _, dir := range strings.Fields(output(t, cmd)) {
				called[dir] = true
			}
		}
	}
	for _, module := range []string{"aws/hub", "aws/member", "aws/identity-store", "port"} {
		dir := terraformDir + "/" + module
		if !called[dir] {
			t.Errorf("no example calls %s", dir)
		}
		_, table, _ := strings.Cut(page, "\n## `"+module+"`\n")
		table, _, _ = strings.Cut(table, "\n## ")
		var want, got []string
		for _, m := range regexp.MustCompile(`(?m)^variable "(\w+)"`).FindAllStringSubmatch(read(t, dir, "variables.tf"), -1) {
			want = append(want, m[1])
		}
		for row := range strings.Lines(table) {
			if cells := strings.Split(row, "|"); len(cells) > 2 {
				for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[1], -1) {
					got = append(got, m[1])
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("variables of %s (-module +page):\n%s", module, diff)
		}
	}
}

// TestTerraformTools: the checks find what is wrong.
func TestTerraformTools(t *testing.T) {
	tools := evaluator(t)
	for text, want := range map[string]string{
		"locals {\n  a = 1\n}\n":                                                       "nothing uses local.a",
		"output \"a\" {\n  value = var.b\n}\n":                                         "there is no var.b",
		"output \"a\" {\n  value = aws_iam_role.b.arn\n}\n":                            "there is no aws_iam_role.b",
		"output \"a\" {\n  value = data.aws_partition.b.id\n}\n":                       "there is no data.aws_partition.b",
		"variable \"a\" {\n  type        = string\n  description = \"A.\"\n}\n":        "nothing uses var.a",
		"variable \"a\" {\n  type = string\n}\n\noutput \"b\" {\n  value = var.a\n}\n": "var.a has no description",
		"output \"a\" {\nvalue = 1\n}\n":                                               "not as `terraform fmt` writes it",
		"output \"a\" {\n  value = 1\n}\n\noutput \"a\" {\n  value = 1\n}\n":           "output a exists twice",
		"locals {\n  a = local.b\n  b = local.a\n}\n":                                  "these depend on each other",
		"resource \"x\" \"y\" {\n  a = 1\n  b {\n  }\n}\n":                             "a block b is not known here",
		"output \"a\" {\n  value = true ? [1] : { c = 1 }\n}\n":                        "Inconsistent conditional result types",
		"output \"a\" {\n  value = nonsense(1)\n}\n":                                   "nonsense",
		"output \"a\" {\n  value = 1\n}\n":                                             "",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "main.tf"), text)
		cmd := exec.Command(tools, "terraform", dir)
		cmd.Stdin = strings.NewReader("{}")
		out, err := cmd.CombinedOutput()
		if (err != nil) != (want != "") || !strings.Contains(string(out), want) {
			t.Errorf("%s: %s, want %q", text, out, want)
		}
	}
	for text, want := range map[string]string{
		"source = \"git::https://example.com/x.git//deploy/terraform/port\"\n":                                    "needs accounts",
		"source   = \"git::https://example.com/x.git//deploy/terraform/port\"\n  accounts = []\n  nonsense = 1\n": "has no variable nonsense",
		"source = \"git::https://example.com/x.git//deploy/nonsense\"\n":                                          "holds no *.tf",
	} {
		code := "module \"a\" {\n  " + text + "}\n"
		cmd := exec.Command(tools, "terraform-calls", root(t))
		cmd.Stdin = strings.NewReader(code)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %s, want %q", code, out, want)
		}
	}
}
