package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/iamops/catalogue"
)

var update = flag.Bool("update", false, "write the settings table into the README")

const readme = "../../README.md"

// settingFields are the fields of all parts.
func settingFields() []reflect.StructField {
	var all []reflect.StructField
	for part := range reflect.TypeFor[settings]().Fields() {
		all = slices.AppendSeq(all, part.Type.Fields())
	}
	return all
}

// settingsTable is the table of the README, made from the tags.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| variable | default | meaning |\n|---|---|---|\n")
	for _, f := range settingFields() {
		def := f.Tag.Get("default")
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Tag.Get("envconfig"), def, f.Tag.Get("desc"))
	}
	return b.String()
}

func TestSettingsTable(t *testing.T) { checkTable(t, readme, "settings", settingsTable()) }

// checkTable compares the table of a page with what it has to be, or writes it.
func checkTable(t *testing.T, page, name, want string) {
	t.Helper()
	begin, end := "<!-- "+name+": begin (make generate) -->\n", "<!-- "+name+": end -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	table, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table between %q and %q", page, begin, end)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("the table in %s differs from the code (-want +got), run `make generate`:\n%s", page, diff)
	}
}

// TestConsoleTable holds what docs/security.md says about the lists for AWS's console.
func TestConsoleTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("| resource | action | on | what the answer holds |\n|---|---|---|---|\n")
	for _, c := range catalogue.ConsoleCalls() {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", c.Type, c.Action, c.On, c.Answer)
	}
	checkTable(t, "../../docs/security.md", "console", b.String())
}

func TestSettingsTags(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range settingFields() {
		name, desc := f.Tag.Get("envconfig"), f.Tag.Get("desc")
		if name == "" || seen[name] {
			t.Errorf("field %s: variable %q is empty or used twice", f.Name, name)
		}
		seen[name] = true
		if !strings.HasSuffix(desc, ".") || strings.Contains(desc, "|") {
			t.Errorf("%s: the description %q must be a sentence without |", name, desc)
		}
		isSecret := strings.HasSuffix(name, "_SECRET") || strings.HasSuffix(name, "_PASSWORD")
		if isSecret != (f.Type == reflect.TypeFor[secret]()) {
			t.Errorf("%s: type is %s", name, f.Type)
		}
	}
	for name := range seen {
		if (strings.HasSuffix(name, "_SECRET") || strings.HasSuffix(name, "_PASSWORD")) && !seen[name+"_FILE"] {
			t.Errorf("%s has no %s_FILE", name, name)
		}
	}
}

func TestSecretsPrintRedacted(t *testing.T) {
	t.Parallel()
	const value = "hunter2"
	var cfg config
	cfg.port.clientSecret = newSecret(value)
	cfg.kafka.password = newSecret(value)
	var s settings
	s.Port.ClientSecret, s.Kafka.Password = newSecret(value), newSecret(value)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s.Port.ClientSecret, "all", s)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s.Port.ClientSecret, "all", s)
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v", s, s, s), fmt.Sprintf("%v %s %q %x", s.Port.ClientSecret, s.Port.ClientSecret, s.Port.ClientSecret, s.Port.ClientSecret),
		fmt.Sprintf("%+v", cfg), fmt.Sprintf("%v %#v", &cfg, cfg), string(raw), log.String(),
	} {
		if strings.Contains(out, value) || strings.Contains(out, fmt.Sprintf("%x", value)) {
			t.Errorf("the secret is printed: %s", out)
		}
	}
}
