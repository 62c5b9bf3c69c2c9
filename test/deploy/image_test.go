package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What an image may weigh on its way from a registry, and where it runs. With
// all of IAM in the binary the latter would be 33 MB.
const (
	maxCompressed = 12e6
	maxUnpacked   = 31e6
)

// TestImage builds the Dockerfile and looks at what came out. That the binary in
// it is the very one that is built here, in another place and with another cache,
// shows that the build is reproducible.
func TestImage(t *testing.T) {
	requireReal(t, "buildah", "busybox")
	out, source := t.TempDir(), snapshot(t)
	t.Log(output(t, exec.Command(filepath.Join(source, "deploy/image/build-offline.sh"), out, "v0.0.0-test", "0123abc")))

	inImage, err := os.ReadFile(filepath.Join(out, "port-iam"))
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.ReadFile(build(t, source))
	if err != nil {
		t.Fatal(err)
	}
	if string(inImage) != string(here) {
		t.Error("the binary in the image differs from the one that is built outside")
	}
	t.Run("size", func(t *testing.T) {
		compressed, unpacked := number(t, filepath.Join(out, "compressed-bytes.txt")), number(t, filepath.Join(out, "unpacked-bytes.txt"))
		t.Logf("compressed %d bytes, unpacked %d bytes", compressed, unpacked)
		if compressed > maxCompressed || unpacked > maxUnpacked {
			t.Errorf("more than %.0f compressed or %.0f unpacked", maxCompressed, maxUnpacked)
		}
	})
	t.Run("configuration", func(t *testing.T) { imageConfig(t, filepath.Join(out, "inspect.json")) })
	t.Run("files", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(out, "files.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range strings.Fields(string(text)) {
			if f != "./usr/local/bin/port-iam" && !strings.HasPrefix(f, "./etc/") {
				t.Errorf("the image holds %s, which the base does not have", f)
			}
		}
	})
	t.Run("materials", func(t *testing.T) { billOfMaterials(t, out) })
	t.Run("story", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(out, "demo.txt"))
		if err != nil || !strings.Contains(string(text), `port_iam_runs_total{account="123456789012",operation="grant",outcome="succeeded"} 2`) {
			t.Errorf("the demo in the image did not come to its end (%v):\n%s", err, text)
		}
	})
}

// snapshot copies the source, so that an editor at work in between makes no
// difference.
func snapshot(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copied := exec.Command("tar", "-C", root(t), "--exclude=./.git", "--exclude=./.cache", "--exclude=./bin", "-cf", filepath.Join(dir, "source.tar"), ".")
	output(t, copied)
	output(t, exec.Command("tar", "-C", dir, "-xf", filepath.Join(dir, "source.tar")))
	if err := os.Remove(filepath.Join(dir, "source.tar")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// billOfMaterials: it names the modules that Go says are in the binary, and
// nothing else but Go's own library.
func billOfMaterials(t *testing.T, out string) {
	binary, file := filepath.Join(out, "port-iam"), filepath.Join(out, "sbom.json")
	output(t, exec.Command(filepath.Join(root(t), "deploy/image/sbom.sh"), binary, file, "v0.0.0-test"))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var bill struct {
		BOMFormat  string
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(text, &bill); err != nil || bill.BOMFormat != "CycloneDX" {
		t.Fatalf("format %q: %v", bill.BOMFormat, err)
	}
	var got, want []string
	for _, c := range bill.Components {
		if c.Name != "std" {
			got = append(got, c.Name+" "+c.Version)
		}
	}
	for _, line := range strings.Split(output(t, exec.Command("go", "version", "-m", binary)), "\n") {
		if f := strings.Fields(line); len(f) >= 3 && f[0] == "dep" {
			want = append(want, f[1]+" "+f[2])
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the bill names\n%v\nthe binary holds\n%v", got, want)
	}
}

func number(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func imageConfig(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var image struct {
		Docker struct {
			Config struct {
				User, StopSignal string
				Cmd, Entrypoint  []string
				ExposedPorts     map[string]any
				Healthcheck      struct{ Test []string }
				Labels           map[string]string
				Env              []string
			} `json:"config"`
		}
	}
	if err := json.Unmarshal(text, &image); err != nil {
		t.Fatal(err)
	}
	c := image.Docker.Config
	if c.User != "65532:65532" || c.StopSignal != "SIGTERM" {
		t.Errorf("user %q, stop signal %q", c.User, c.StopSignal)
	}
	if got := strings.Join(append(c.Entrypoint, c.Cmd...), " "); got != "/usr/local/bin/port-iam run" {
		t.Errorf("runs %q", got)
	}
	if got := strings.Join(c.Healthcheck.Test, " "); got != "CMD /usr/local/bin/port-iam healthcheck" {
		t.Errorf("health check %q", got)
	}
	if _, ok := c.ExposedPorts["8080/tcp"]; !ok || len(c.ExposedPorts) != 1 {
		t.Errorf("exposed ports: %v", c.ExposedPorts)
	}
	for name, want := range map[string]string{
		"title": "port-iam", "version": "v0.0.0-test", "revision": "0123abc", "base.name": "localhost/runtime",
	} {
		if got := c.Labels["org.opencontainers.image."+name]; got != want {
			t.Errorf("label %s is %q, want %q", name, got, want)
		}
	}
	for _, e := range c.Env {
		if !strings.HasPrefix(e, "PATH=") {
			t.Errorf("the image sets %s", e)
		}
	}
}
