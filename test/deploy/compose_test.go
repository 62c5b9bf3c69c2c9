package deploy

import (
	"path/filepath"
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
