package tree

import (
	"regexp"
	"strings"
	"testing"
)

var (
	refusal    = regexp.MustCompile(`(?m)^    The request was refused: (.*)$`)
	refusalRow = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|")
)

// TestDocumentedRefusals: the table of docs/users.md explains each refusal that
// people can read in Port, and none that does not exist. A row names words of the
// refusals that it explains.
func TestDocumentedRefusals(t *testing.T) {
	const page = "docs/users.md"
	_, section, _ := strings.Cut(read(t, page), "\n## If the request is refused\n")
	section, _, _ = strings.Cut(section, "\n## ")
	explained := map[string]bool{}
	for _, row := range refusalRow.FindAllStringSubmatch(section, -1) {
		for _, words := range strings.Split(row[1], "`, `") {
			explained[strings.Trim(words, "`")] = false
		}
	}
	refusals := refusal.FindAllStringSubmatch(read(t, "grants/testdata/port.golden"), -1)
	for _, r := range refusals {
		found := false
		for words := range explained {
			if strings.Contains(r[1], words) {
				found, explained[words] = true, true
			}
		}
		if !found {
			t.Errorf("%s does not explain %q", page, r[1])
		}
	}
	for words, used := range explained {
		if !used {
			t.Errorf("%s explains %q, and no refusal says so", page, words)
		}
	}
	if len(explained) < 30 || len(refusals) < 60 {
		t.Errorf("%d explanations, %d refusals", len(explained), len(refusals))
	}
}
