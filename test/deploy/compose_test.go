package deploy

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCompose has the loader of Docker Compose read the file.
func TestCompose(t *testing.T) {
	requireReal(t, "go")
	got := output(t, tool(t, "compose", filepath.Join(root(t), "deploy/compose/compose.yaml")))
	if want := "demo\ngrafana\nport-iam\nprometheus\n"; got != want {
		t.Errorf("services:\n%swant:\n%s", got, want)
	}
}

// TestExamplesNameRelease: the rules tell installations apart by the label release, so
// every example of a scrape configuration sets it, one for each item of targets.
func TestExamplesNameRelease(t *testing.T) {
	for _, elem := range [][]string{
		{rulesDir, "prometheus.yaml"},
		{"deploy/compose/compose.yaml"},
		{unitDir, "README.md"},
	} {
		text := read(t, elem...)
		targets, releases := strings.Count(text, "- targets: "), len(scrapedRelease.FindAllString(text, -1))
		if targets == 0 || targets != releases {
			t.Errorf("%s: %d items of targets, %d with a release", filepath.Join(elem...), targets, releases)
		}
	}
}

var scrapedRelease = regexp.MustCompile(`- targets: .*\n(?: *#.*\n)* +labels: \{release: [a-z-]+\}\n`)
