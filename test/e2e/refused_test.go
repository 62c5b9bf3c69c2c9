package e2e

import (
	"strings"
	"testing"

	"port-iam/test/kit/daemontest"
)

// TestRefusedAtStart: a fault that retrying cannot fix ends the daemon with code 1,
// one line that says what is wrong, and the remedy.
func TestRefusedAtStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.Kafka.AddUser("stranger", "secret")
	for _, c := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"wrong Port secret", map[string]string{"PORT_CLIENT_SECRET": "wrong"}, []string{"PORT_CLIENT_SECRET"}},
		{"other organisation", map[string]string{"PORT_ORG_ID": "org_other"}, []string{"PORT_ORG_ID", "org_other", daemontest.Org}},
		{"wrong Kafka password", map[string]string{"KAFKA_PASSWORD": "wrong"}, []string{"KAFKA_PASSWORD"}},
		{"no rights on the topic", map[string]string{"KAFKA_USERNAME": "stranger", "KAFKA_PASSWORD": "secret"}, []string{"org_test.runs"}},
		{"no such topic", map[string]string{"KAFKA_TOPIC": daemontest.Org + ".nothing"}, []string{daemontest.Org + ".nothing"}},
		{"no rights on the group", map[string]string{"KAFKA_GROUP_ID": "theirs"}, []string{"theirs", "KAFKA_GROUP_ID"}},
		{"certificate not trusted", map[string]string{"KAFKA_TLS_CA_FILE": ""}, []string{"certificate", "KAFKA_TLS_CA_FILE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := daemontest.Start(t, w.Env(c.env))
			code := d.Exit(t)
			lines := strings.Split(strings.TrimSpace(d.Logged()), "\n")
			last := lines[len(lines)-1]
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			for _, part := range append(c.want, "port-iam: ") {
				if !strings.Contains(last, part) {
					t.Errorf("the last line lacks %q: %s", part, last)
				}
			}
		})
	}
}
