package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"port-iam/internal/demo"
)

// unitStory runs inside of a system that systemd has booted.
const unitStory = `
state() { systemctl show port-iam -p ActiveState,Result,ExecMainStatus,NRestarts >/root/$1; }
await() { for i in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done; }

cp /root/wrong.env /etc/port-iam/port-iam.env
systemctl start port-iam
sleep 3
state wrong

cp /root/right.env /etc/port-iam/port-iam.env
systemctl start port-iam
await test -e /root/granted # the test makes it
sleep 7                     # longer than the watchdog waits
state running
pid=$(systemctl show port-iam -p MainPID --value)
grep -E '^(Uid|NoNewPrivs|Seccomp|CapEff|CapBnd):' /proc/$pid/status >/root/process
tr '\0' '\n' </proc/$pid/environ >/root/environment

systemctl kill -s KILL port-iam
sleep 1
await systemctl is-active port-iam
state killed
systemctl stop port-iam
state stopped
journalctl --no-pager -o cat -u port-iam >/root/journal
`

// TestUnitRuns boots a systemd in a container and has it run the unit with the
// real daemon: what the sandbox forbids is nothing that a grant needs.
func TestUnitRuns(t *testing.T) {
	requireReal(t, "systemd-nspawn")
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	address := freeAddress(t)
	l, daemon := &live{world: world}, &instance{url: "http://" + address}
	dir := unitRoot(t, fmt.Sprintf("PORT_CLIENT_ID=%s\nPORT_BASE_URL=%s\nIAM_PERMISSIONS_BOUNDARY=%s\nKAFKA_TLS=false\nLISTEN_ADDRESS=%s\n"+
		"AWS_ENDPOINT_URL=%s\nAWS_ACCESS_KEY_ID=daemon\nAWS_SECRET_ACCESS_KEY=secret\n", demo.ClientID, world.PortURL, demo.Boundary, address, world.AWSURL))

	ended := make(chan struct{})
	var console []byte
	cmd := exec.Command("systemd-nspawn", "--quiet", "--directory="+dir, "--bind-ro=/usr", "--boot", "--register=no", "--keep-unit")
	go func() {
		defer close(ended)
		console, _ = cmd.CombinedOutput() // a forced power-off is no success
	}()
	t.Cleanup(func() {
		select {
		case <-ended:
		case <-time.After(2 * time.Minute):
			_ = cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			journal, _ := os.ReadFile(filepath.Join(dir, "root/journal"))
			t.Logf("%s\n%s", console, journal)
		}
	})
	daemon.awaitReady(t)
	if r := l.request(t); r.Status != "SUCCESS" {
		t.Errorf("a grant ended %s: %v", r.Status, r.Logs)
	}
	write(t, filepath.Join(dir, "root/granted"), "")
	select {
	case <-ended:
	case <-time.After(2 * time.Minute):
		t.Fatal("the system does not come to its end")
	}
	for file, want := range map[string]string{
		"wrong":   "Result=exit-code NRestarts=0 ExecMainStatus=2 ActiveState=failed", // not started again
		"running": "Result=success NRestarts=0 ExecMainStatus=0 ActiveState=active",
		"killed":  "Result=success NRestarts=1 ExecMainStatus=0 ActiveState=active",
		"stopped": "Result=success NRestarts=0 ExecMainStatus=0 ActiveState=inactive", // a stop by hand resets the count
	} {
		text, err := os.ReadFile(filepath.Join(dir, "root", file))
		if got := strings.Join(strings.Fields(string(text)), " "); err != nil || got != want {
			t.Errorf("%s: %v %s, want %s", file, err, got, want)
		}
	}
	checkProcess(t, dir)
}

func checkProcess(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "root/process"))
	if err != nil {
		t.Fatal(err)
	}
	process := string(text)
	t.Log(process)
	for _, want := range []string{"CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n", "NoNewPrivs:\t1\n", "Seccomp:\t2\n"} {
		if !strings.Contains(process, want) {
			t.Errorf("the process lacks %q", want)
		}
	}
	if strings.Contains(process, "Uid:\t0\t") {
		t.Error("the process runs as root")
	}
	environment, err := os.ReadFile(filepath.Join(dir, "root/environment"))
	if err != nil || strings.Contains(string(environment), demo.ClientSecret) || !strings.Contains(string(environment), "PORT_CLIENT_SECRET_FILE=/run/credentials/") {
		t.Errorf("the environment of the process (%v):\n%s", err, environment)
	}
}

// unitRoot makes a system of which /usr is this machine's, with the unit.
func unitRoot(t *testing.T, env string) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"usr", "proc", "sys", "dev", "run", "tmp", "var/log/journal", "root"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64",
		"etc/systemd/system/default.target":                   "/usr/lib/systemd/system/multi-user.target",
		"etc/systemd/system/basic.target.wants/story.service": "../story.service",
		"etc/systemd/system/console-getty.service":            "/dev/null",
	} {
		path := filepath.Join(dir, link)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	// /usr is read-only, so the binary is elsewhere. Shorter times than those of
	// the unit, so that the test sees them pass.
	dropIn := "[Service]\nExecStart=\nExecStart=/opt/port-iam run\nRestartSec=1s\nWatchdogSec=5s\n"
	if !notifies(t) {
		t.Log("the daemon does not notify systemd yet: tested with Type=exec and without watchdog")
		dropIn += "Type=exec\nWatchdogSec=0\n"
	}
	for file, text := range map[string]string{
		"etc/os-release":                      "ID=test\n",
		"etc/machine-id":                      "",
		"etc/passwd":                          "root:x:0:0::/root:/bin/sh\n",
		"etc/group":                           "root:x:0:\n",
		"root/right.env":                      env,
		"root/wrong.env":                      env + "GRANT_DURATION=soon\n",
		"root/story.sh":                       unitStory,
		"opt/port-iam":                        "",
		"etc/resolv.conf":                     "",
		"etc/port-iam/port-client-secret":     demo.ClientSecret + "\n",
		"etc/systemd/system/port-iam.service": read(t, unitDir, "port-iam.service"),
		"etc/systemd/system/port-iam.service.d/test.conf": dropIn,
		"etc/systemd/system/story.service": "[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\n" +
			"ExecStart=/bin/sh /root/story.sh\nExecStopPost=systemctl poweroff --force\n",
	} {
		write(t, filepath.Join(dir, file), text)
	}
	binary, err := os.ReadFile(build(t, root(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "opt/port-iam"), binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "opt/port-iam"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// notifies tells whether the daemon speaks systemd's protocol, by its source.
func notifies(t *testing.T) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "cmd/port-iam/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text := read(t, "cmd/port-iam", filepath.Base(f))
		if strings.Contains(text, "NOTIFY_SOCKET") || strings.Contains(text, "go-systemd") {
			return true
		}
	}
	return false
}
