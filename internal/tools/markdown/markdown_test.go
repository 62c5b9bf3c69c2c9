package markdown

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPage(t *testing.T) {
	p := Page{Text: "Say `make demo` or\n\n```sh\nA=1 aws iam get-role \\\n  --role-name X  # why\nexport B=2\nport-iam print boundary >b.json\nkubectl logs x | grep '\"a b\"' && echo\n```\n\n1. In a list:\n\n   ```sh\n   one\n   two --at-once; three\n   ```\n\n```promql\nup # all\n```\n"}
	want := [][]string{
		{"aws", "iam", "get-role", "--role-name", "X"},
		{"export", "B=2"},
		{"port-iam", "print", "boundary"},
		{"kubectl", "logs", "x"},
		{"grep", "a b"},
		{"echo"},
		{"one"},
		{"two", "--at-once"},
		{"three"},
		{"make", "demo"},
	}
	if diff := cmp.Diff(want, p.Commands()); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"up # all\n"}, p.Code("promql")); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}
