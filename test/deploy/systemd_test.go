package deploy

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const unitDir = "deploy/systemd"

// TestUnit holds the unit to systemd's own opinion of it: no complaint, and an
// exposure of at most 2.0, which --threshold takes in tenths.
func TestUnit(t *testing.T) {
	requireReal(t, "systemd-analyze")
	unit := filepath.Join(root(t), unitDir, "port-iam.service")
	t.Run("verify", func(t *testing.T) {
		dir := t.TempDir()
		// The units of the system are there as far as the unit names them, and
		// something that can be executed where the binary will be.
		if err := os.CopyFS(filepath.Join(dir, "usr/lib/systemd/system"), onlyFiles{os.DirFS("/usr/lib/systemd/system")}); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "etc/systemd/system/port-iam.service"), read(t, unitDir, "port-iam.service"))
		binary := filepath.Join(dir, "usr/local/bin/port-iam")
		write(t, binary, "#!/bin/sh\n")
		if err := os.Chmod(binary, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("systemd-analyze", "verify", "--man=no", "--root="+dir, "port-iam.service")
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze verify: %v\n%s", err, out)
		}
	})
	t.Run("security", func(t *testing.T) {
		out := output(t, exec.Command("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20", unit))
		lines := strings.Split(strings.TrimSpace(out), "\n")
		t.Log(lines[len(lines)-1])
	})
}

// onlyFiles leaves out symbolic links, which os.CopyFS refuses to follow out of
// the tree.
type onlyFiles struct{ fs.FS }

func (o onlyFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(o.FS, name)
	var out []fs.DirEntry
	for _, e := range all {
		if e.IsDir() || e.Type().IsRegular() {
			out = append(out, e)
		}
	}
	return out, err
}

// TestUnitEnvironment: what the unit and its sample name are settings of the
// daemon.
func TestUnitEnvironment(t *testing.T) {
	known := settingsOf(t)
	for _, line := range strings.Split(read(t, unitDir, "port-iam.env"), "\n") {
		name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "=")
		if !ok || strings.Contains(name, " ") {
			continue
		}
		if !known[name] && !strings.HasPrefix(name, "AWS_") {
			t.Errorf("port-iam.env: there is no setting %s", name)
		}
		if strings.Contains(name, "SECRET") || strings.Contains(name, "PASSWORD") {
			t.Errorf("port-iam.env: %s does not belong into a file that the environment is made of", name)
		}
	}
	unit := read(t, unitDir, "port-iam.service")
	for _, want := range []string{
		"Type=notify\n", "WatchdogSec=", "DynamicUser=yes\n", "Restart=on-failure\n", "RestartPreventExitStatus=2\n",
		"LoadCredential=port-client-secret:", "Environment=PORT_CLIENT_SECRET_FILE=%d/port-client-secret\n",
		"Environment=KAFKA_INSTANCE_ID=%H\n",
	} {
		if !strings.Contains(unit, want) {
			t.Errorf("port-iam.service lacks %q", want)
		}
	}
}
