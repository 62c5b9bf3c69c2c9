package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"port-iam/consumer"
	"port-iam/internal/demo"
	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

// TestSecondSignal: the first one waits for started runs, the second does not.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	world, err := demo.NewWorld(demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	world.Port.CheckFaults(t)
	working := make(chan struct{}, 100)
	defer world.Port.OnCall(func(c porttest.Call) {
		if c.Route == "run_get" {
			working <- struct{}{}
		}
	})()
	world.Port.Fault(porttest.Fault{Kind: porttest.Delayed, Route: "run_get", Delay: time.Hour, Count: -1})
	cmd := exec.CommandContext(t.Context(), "port-iam", "run")
	env := worldEnv(world)
	maps.Copy(env, map[string]string{"PATH": os.Getenv("PATH"), "KAFKA_TLS": "false", "LISTEN_ADDRESS": "127.0.0.1:0"})
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var log lockedBuffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	world.Port.StartRun(porttest.RunSpec{Action: "request_permissions", Entity: porttest.SampleBucket, Requester: alice})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // a signal ends it, see below
	}()
	select {
	case <-working:
	case <-ended:
		t.Fatalf("ended: %v\n%s", cmd.ProcessState, log.String())
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for running := true; running; {
		_ = cmd.Process.Signal(syscall.SIGTERM) // the last one may come too late
		select {
		case <-tick.C:
		case <-ended:
			running = false
		}
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v\n%s", cmd.ProcessState, log.String())
	}
}

// toTerminal is what a terminal must not be told.
const toTerminal = "\x1b[31mzebra\x07 \u009b2J \u202egrants \u200b\U000e0001"

// token is Port's answer to the right credentials.
const token = `{"ok":true,"accessToken":"t","expiresIn":3600,"tokenType":"Bearer"}`

// isSafe reports whether a terminal may be shown a text.
func isSafe(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return strings.ContainsRune("\x1b\x07\r\u009b\u202e\u200b\U000e0001", r) })
}

func TestEscaped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain\tÄ 漢 ✓ …\n":       "plain\tÄ 漢 ✓ …\n",
		toTerminal:               `\u001b[31mzebra\u0007 \u009b2J \u202egrants \u200b\udb40\udc01`,
		"a\rb\x00\x7f":           `a\u000db\u0000\u007f`,
		"\x9b2J \xff":            "\ufffd2J \ufffd",
		"{\"a\":\"\\\\\u202e\"}": `{"a":"\\\u202e"}`,
	} {
		var out bytes.Buffer
		if n, err := (safeWriter{&out}).Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("%q: wrote %d, %v", text, n, err)
		}
		if out.String() != want || !isSafe(out.String()) {
			t.Errorf("%q became %q, want %q", text, out.String(), want)
		}
	}
	in, _ := json.Marshal(map[string]string{"a": toTerminal})
	var back map[string]string
	if err := json.Unmarshal(escaped(in), &back); err != nil || back["a"] != toTerminal {
		t.Errorf("JSON came back as %q, %v", back, err)
	}
}

// TestPortToTerminal: what Port writes reaches no terminal as it is, whatever command
// prints it, and the last line of the daemon is one of its log.
func TestPortToTerminal(t *testing.T) {
	message, err := json.Marshal(map[string]any{"ok": false, "error": "unauthorized" + toTerminal, "message": "no: " + toTerminal})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/access_token") {
			_, _ = w.Write([]byte(token))
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write(message)
	}))
	defer server.Close()
	newOperatorWorld(t, map[string]string{"KAFKA_TLS": "false", "LISTEN_ADDRESS": "127.0.0.1:0"})
	t.Setenv("PORT_BASE_URL", server.URL)
	for _, args := range []string{"run", "check", "check --json", "setup --dry-run", "grants list", "grants list --json", "grants show Permission-r_1", "grants revoke --all --yes", "grants sweep --yes"} {
		_, stdout, stderr := command(strings.Fields(args)...)
		if !isSafe(stdout) || !isSafe(stderr) {
			t.Errorf("%s prints\n%q\n%q", args, stdout, stderr)
		}
		if !strings.Contains(stdout+stderr, "zebra") {
			t.Errorf("%s does not say what Port said:\n%s\n%s", args, stdout, stderr)
		}
	}
}

// TestLastLine: in LOG_FORMAT, once, with the code 1.
func TestLastLine(t *testing.T) {
	busy, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	env := validEnv()
	env["LISTEN_ADDRESS"] = busy.Addr().String()
	_, _ = readWith(t, env)
	wantCommand(t, exitFailed, "LISTEN_ADDRESS: listen", "run")
	_, _, stderr := command("run")
	var line map[string]any
	if err := json.Unmarshal([]byte(stderr), &line); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if line["level"] != "ERROR" || line["msg"] != "port-iam: cannot go on" || !strings.Contains(fmt.Sprint(line["error"]), "LISTEN_ADDRESS") {
		t.Errorf("%s", stderr)
	}
	t.Setenv("LOG_FORMAT", "text")
	if _, _, stderr := command("run"); strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, `level=ERROR msg="port-iam: cannot go on" error="LISTEN_ADDRESS: `) {
		t.Errorf("%s", stderr)
	}
}

// TestKafkaAccessRefused: at the start, what waiting does not repair ends the daemon
// and says what to do; once there was access, it is waited for, as is Port when it
// does not answer.
func TestKafkaAccessRefused(t *testing.T) {
	t.Parallel()
	good := `{"ok":true,"credentials":{"brokers":["broker:9092"],"username":"u","password":"p"}}`
	for _, tc := range []struct {
		status int
		body   string
		final  bool
	}{
		{400, `{"ok":false}`, true},
		{401, `{"ok":false,"error":"unauthorized"}`, true},
		{403, `{"ok":false,"error":"forbidden"}`, true},
		{404, `{"ok":false,"error":"not_found"}`, true},
		{422, `{"ok":false,"error":"invalid"}`, true},
		{200, `{"ok":true,"credentials":{"brokers":[],"username":"u","password":"p"}}`, true},
		{200, `{"ok":true,"credentials":{"username":"u","password":"p"}}`, true},
		{429, `{"ok":false}`, false},
		{500, `{"ok":false}`, false},
		{503, ``, false},
	} {
		t.Run(fmt.Sprint(tc.status, tc.body), func(t *testing.T) {
			t.Parallel()
			status, body := tc.status, tc.body
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/access_token"):
					_, _ = w.Write([]byte(token))
				default:
					w.Header().Set("Retry-After", "3600")
					w.WriteHeader(status)
					_, _ = w.Write([]byte(body))
				}
			}))
			defer server.Close()
			cfg := &config{}
			cfg.port.baseURL, cfg.port.clientID, cfg.port.clientSecret = server.URL, "id", newSecret("secret")
			c := &clients{cfg: cfg}
			var err error
			if c.portal, err = newPortal(cfg, port.Options{}); err != nil {
				t.Fatal(err)
			}
			_, err = c.kafkaAccess(t.Context())
			if err == nil || consumer.Final(err) != tc.final || strings.Contains(err.Error(), remedyKafkaAccess) != tc.final {
				t.Errorf("at the start: %v", err)
			}
			status, body = http.StatusOK, good
			if a, err := c.kafkaAccess(t.Context()); err != nil || a.Brokers[0] != "broker:9092" {
				t.Fatalf("%+v, %v", a, err)
			}
			status, body = tc.status, tc.body
			if _, err = c.kafkaAccess(t.Context()); err == nil || consumer.Final(err) {
				t.Errorf("later: %v", err)
			}
		})
	}
}

// TestNoTopicYet: the commonest problem of the first day ends the daemon with what
// to do, and check says the same.
func TestNoTopicYet(t *testing.T) {
	for _, status := range []int{401, 403, 404, 422} {
		w := newOperatorWorld(t, map[string]string{"KAFKA_TLS": "false", "LISTEN_ADDRESS": "127.0.0.1:0"})
		w.Port.Fault(porttest.Fault{Route: "kafka_credentials", Status: status, Count: -1})
		wantCommand(t, exitFailed, "Port's support has to provide the Kafka topic", "run")
		out := wantCommand(t, exitFailed, "", "check")
		if !strings.Contains(out, "Port's support has to provide the Kafka topic") || !strings.Contains(out, "KAFKA_BROKERS") {
			t.Errorf("%d: %s", status, out)
		}
	}
}

// TestDefaultGroup: daemons with actions of their own never share a group.
func TestDefaultGroup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		actions []string
		want    string
	}{
		{[]string{"request_permissions"}, "org_1.port-iam"},
		{[]string{"request_admin"}, "org_1.port-iam.request_admin"},
		{[]string{"request_permissions", "request_admin"}, "org_1.port-iam"},
		{[]string{"z", "request_admin", "y"}, "org_1.port-iam.request_admin"},
		{[]string{"z", "request_permissions"}, "org_1.port-iam"},
	} {
		if got := defaultGroup("org_1", tc.actions...); got != tc.want || !kafkaGroup.MatchString(got) {
			t.Errorf("%v: %s, want %s", tc.actions, got, tc.want)
		}
	}
	for _, f := range settingFields() {
		if f.Tag.Get("envconfig") == "GRANT_ACTION" && f.Tag.Get("default") != defaultGrantAction {
			t.Errorf("the default action is %s", f.Tag.Get("default"))
		}
	}
	cfg := &config{}
	cfg.actions.Grants, cfg.kafka.groupID = []templates.GrantAction{{ID: "other"}}, "org_1.mine"
	if _, group := cfg.kafkaNames("org_1"); group != "org_1.mine" {
		t.Errorf("KAFKA_GROUP_ID is not kept: %s", group)
	}
}
