package port_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
)

var update = flag.Bool("update", false, "write what Decode makes of the messages of testdata into the golden file")

var verdicts = map[port.Verdict]string{
	port.VerdictRun: "run", port.VerdictMalformed: "malformed", port.VerdictChangeLog: "change log",
	port.VerdictWorkflow: "workflow", port.VerdictOtherBackend: "other backend",
}

// messages returns the content of the files with messages, by name.
func messages(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/decode/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no messages: %v", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(f, ".json")] = content
	}
	return all
}

// describe is a line of the golden file.
func describe(name string, r port.Record, v port.Verdict) string {
	line := filepath.Base(name) + ": " + verdicts[v]
	if v == port.VerdictRun {
		line += fmt.Sprintf(" id=%q action=%q blueprint=%q entity=%q requester=%q inputs=%q",
			r.RunID, r.Action, r.Blueprint, r.Entity, r.Requester, slices.Sorted(maps.Keys(r.Properties)))
	}
	return line
}

// Each message stands for a form that Port writes, or for a reason to skip one;
// those called "before" have two reasons, of which the first counts.
func TestDecode(t *testing.T) {
	const golden = "testdata/decode.golden"
	all := messages(t)
	var got []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		record, verdict := port.Decode(all[name])
		if !record.Time.IsZero() || verdict != port.VerdictRun && !reflect.DeepEqual(record, port.Record{}) {
			t.Errorf("%s: record is %+v", name, record)
		}
		got = append(got, describe(name, record, verdict))
	}
	if *update {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(want)), "\n"), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The names of the files say which verdict is right, so that a golden file which
// was written with a defect does not hide it.
func TestVerdictsAreThoseOfTheNames(t *testing.T) {
	prefixes := map[string]port.Verdict{
		"run-": port.VerdictRun, "malformed-": port.VerdictMalformed, "change-": port.VerdictChangeLog,
		"resource-type-": port.VerdictChangeLog, "workflow-": port.VerdictWorkflow, "other-backend-": port.VerdictOtherBackend,
	}
	for name, content := range messages(t) {
		_, got := port.Decode(content)
		known := false
		for prefix, want := range prefixes {
			if strings.HasPrefix(filepath.Base(name), prefix) {
				known = true
				if got != want {
					t.Errorf("%s: %s, want %s", name, verdicts[got], verdicts[want])
				}
			}
		}
		if !known {
			t.Errorf("%s: the name says nothing", name)
		}
	}
}

func TestNoValueIsMalformed(t *testing.T) {
	if _, v := port.Decode(nil); v != port.VerdictMalformed {
		t.Errorf("a record without a value is %s", verdicts[v])
	}
}

// The inputs of a run are those of its message: however Port gives them, they
// name the same permissions.
func TestInputsInTheirForms(t *testing.T) {
	all := messages(t)
	for _, name := range []string{"run-templated-objects", "run-templated-strings", "run-templated-mix"} {
		var m struct {
			Payload struct {
				Properties map[string]json.RawMessage `json:"properties"`
			} `json:"payload"`
		}
		if err := json.Unmarshal(all[filepath.Join("testdata/decode", name)], &m); err != nil {
			t.Fatal(err)
		}
		got, err := port.Run{Properties: m.Payload.Properties}.EntityIDs("permissions")
		if diff := cmp.Diff([]string{"s3:GetObject", "s3:PutObject"}, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// The last of a repeated name counts, in any letter case.
func TestRepeatedNames(t *testing.T) {
	got, v := port.Decode([]byte(`{"context":{"runId":"r_1","RUNID":"r_2"},"Action":"first","action":"second","other":{"action":"third"}}`))
	if v != port.VerdictRun || got.RunID != "r_2" || got.Action != "second" {
		t.Errorf("%s %+v", verdicts[v], got)
	}
}

func TestDeepNesting(t *testing.T) {
	for _, depth := range []int{100, 100_000} {
		message := strings.Repeat(`{"payload":`, depth) + "1" + strings.Repeat("}", depth)
		want := port.VerdictRun
		if depth > 10_000 {
			want = port.VerdictMalformed // encoding/json goes no deeper
		}
		if _, v := port.Decode([]byte(message)); v != want {
			t.Errorf("%d levels are %s", depth, verdicts[v])
		}
	}
}
