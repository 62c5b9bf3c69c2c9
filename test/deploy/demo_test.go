package deploy

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"port-iam/internal/tools/markdown"
)

// demoSays starts the demo, which goes on until the test ends, and returns the
// first that it says of a pattern's group.
func demoSays(t *testing.T, binary, pattern string) string {
	t.Helper()
	cmd := exec.Command(binary, "demo")
	in, out := io.Pipe()
	t.Cleanup(func() { _ = out.Close() })
	cmd.Stdout = out
	start(t, cmd)
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(in); lines.Scan(); {
			if m := regexp.MustCompile(pattern).FindStringSubmatch(lines.Text()); m != nil {
				select {
				case found <- m[1]:
				default: // it says some things more than once
				}
			}
		}
	}()
	select {
	case s := <-found:
		return s
	case <-time.After(60 * time.Second):
		t.Fatalf("the demo does not say %s", pattern)
	}
	return ""
}

// TestDocumentedStart runs our commands of the pages that a newcomer begins with,
// in their order, against the stand-ins of the demo with the settings that it
// prints. What a page exports counts for `port-iam print`, which asks nobody.
func TestDocumentedStart(t *testing.T) {
	binary, dir, ran := build(t, root(t)), t.TempDir(), 0
	settings := strings.Fields(demoSays(t, binary, `export (.*)`))
	for _, page := range []string{"README.md", "docs/install.md"} {
		var exported []string
		for _, code := range (markdown.Page{Text: read(t, page)}).Code("sh") {
			for _, c := range markdown.Commands(code) {
				if c[0] == "export" {
					exported = append(exported, c[1:]...)
				}
				if filepath.Base(c[0]) != "port-iam" || c[1] == "run" {
					continue
				}
				ran++
				cmd := exec.Command(binary, c[1:]...)
				cmd.Dir, cmd.Env = dir, append(settings, "HOME="+dir, "PATH="+os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true")
				if c[1] == "print" {
					cmd.Env = append(cmd.Env, exported...)
				}
				output(t, cmd)
				t.Logf("%s: %s", page, strings.Join(c, " "))
			}
		}
	}
	if ran < 10 {
		t.Errorf("%d commands were run", ran)
	}
}
