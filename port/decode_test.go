package port_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
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
		line += fmt.Sprintf(" id=%q action=%q blueprint=%q entity=%q requester=%q permissions=%q",
			r.RunID, r.Action, r.Blueprint, r.Entity, r.Requester, r.Permissions)
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
		message := all[filepath.Join("testdata/decode", name)]
		var m struct {
			Payload struct {
				Properties map[string]json.RawMessage `json:"properties"`
			} `json:"payload"`
		}
		if err := json.Unmarshal(message, &m); err != nil {
			t.Fatal(err)
		}
		want := []string{"s3:GetObject", "s3:PutObject"}
		got, err := port.Run{Properties: m.Payload.Properties}.EntityIDs(port.InputPermissions)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		rec, _ := port.Decode(message)
		if diff := cmp.Diff(want, rec.Permissions); diff != "" {
			t.Errorf("%s, of the record (-want +got):\n%s", name, diff)
		}
	}
}

// The last of a repeated name counts, and takes nothing from the others.
func TestRepeatedNames(t *testing.T) {
	got, v := port.Decode([]byte(`{"context":{"runId":"r_1","entity":"e"},"context":{"runId":"r_0","runId":"r_2"},"action":"first","action":"second","other":{"action":"third"}}`))
	if v != port.VerdictRun || got.RunID != "r_2" || got.Entity != "" || got.Action != "second" {
		t.Errorf("%s %+v", verdicts[v], got)
	}
}

// A name in another letter case is another name, wherever it is.
func TestLetterCaseOfNames(t *testing.T) {
	want := port.Record{RunID: "r_1", Action: "a", Blueprint: "b", Entity: "e", Requester: "q", Permissions: []string{"p"}}
	for _, message := range []string{
		`{"DIFF":{"a":1},"ChangelogDestination":{},"ResourceType":"other",` + rest,
		`{"Action":"x","Context":{"runId":"r_2","nodeRunId":"n"},"TRIGGER":null,"Payload":{"diff":{}},` + rest,
	} {
		for _, m := range []string{message, strings.Replace(message, `"runId":"r_1"`, `"runId":"r_1","RunId":"r_2","runid":null,"ENTITY":5`, 1)} {
			got, v := port.Decode([]byte(m))
			if diff := cmp.Diff(want, got); v != port.VerdictRun || diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", m, verdicts[v], diff)
			}
		}
	}
}

// rest is the rest of a message with all that a record keeps.
const rest = `"action":"a","context":{"runId":"r_1","blueprint":"b","entity":{"identifier":"e"}},"trigger":{"by":{"user":{"email":"q"}}},` +
	`"payload":{"action":{"identifier":"a","invocationMethod":{"type":"KAFKA"}},"properties":{"permissions":["p"]}}}`

// null is as good as nothing, wherever it is.
func TestNullCountsAsAbsent(t *testing.T) {
	want := port.Record{RunID: "r_1", Action: "a", Blueprint: "b", Entity: "e", Requester: "q", Permissions: []string{"p"}}
	nulls := `"diff":null,"changelogDestination":null,"resourceType":null,"headers":null,"workflowRunId":null,"status":null`
	got, v := port.Decode([]byte("{" + nulls + "," + strings.NewReplacer(
		`"runId"`, `"workflowRunId":null,"nodeRunId":null,"runId"`,
		`"type":"KAFKA"`, `"type":"KAFKA","agent":null`,
		`"properties":`, nulls+`,"payload":null,"properties":`,
	).Replace(rest)))
	if diff := cmp.Diff(want, got); v != port.VerdictRun || diff != "" {
		t.Errorf("%s (-want +got):\n%s", verdicts[v], diff)
	}
	for message, run := range map[string]string{
		`{"context":{"runId":"r_1","entity":null,"blueprint":null},"action":null,"trigger":null,"payload":null}`:                "r_1",
		`{"context":{"runId":"r_1"},"trigger":{"by":null},"payload":{"action":null,"properties":null}}`:                         "r_1",
		`{"context":{"runId":"r_1"},"trigger":{"by":{"user":null}},"payload":{"action":{"invocationMethod":null}}}`:             "r_1",
		`{"context":{"runId":"r_1"},"payload":{"action":{"invocationMethod":{"type":null}},"properties":{"permissions":null}}}`: "r_1",
		`{"context":null}`: "",
		`{"context":{"runId":null,"workflowRunId":null}}`:             "",
		`{"context":{"runId":"r_1"},"context":null}`:                  "",
		`{"payload":{"resourceType":null,"context":{"runId":"r_1"}}}`: "",
	} {
		got, v := port.Decode([]byte(message))
		if diff := cmp.Diff(port.Record{RunID: run}, got); v != port.VerdictRun || diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", message, verdicts[v], diff)
		}
	}
}

// Whatever a message holds, its record stays small, and what is too long for a
// name in Port is none.
func TestARecordIsSmall(t *testing.T) {
	long, many := strings.Repeat("é", 501), make([]string, 3000)
	for i := range many {
		many[i] = fmt.Sprintf("s3:Action%d", i)
	}
	for name, c := range map[string]struct {
		runID, entity string
		permissions   []string
		want          port.Record
	}{
		"as usual":          {"r_1", "e", []string{"a", "b", "a"}, port.Record{RunID: "r_1", Entity: "e", Permissions: []string{"a", "b"}}},
		"longest names":     {long[2:], long[2:], nil, port.Record{RunID: long[2:], Entity: long[2:]}},
		"long run":          {long, "e", nil, port.Record{Entity: "e"}},
		"long entity":       {"r_1", long, nil, port.Record{RunID: "r_1"}},
		"a MB each":         {strings.Repeat(long, 1000), strings.Repeat(long, 1000), []string{strings.Repeat(long, 1000), "a"}, port.Record{Permissions: []string{"a"}}},
		"many permissions":  {"r_1", "e", many, port.Record{RunID: "r_1", Entity: "e", Permissions: many[:50]}},
		"long permissions":  {"r_1", "e", []string{"a", long, long + "x", "b"}, port.Record{RunID: "r_1", Entity: "e", Permissions: []string{"a", long, "b"}}},
		"empty permissions": {"r_1", "e", []string{"", "a"}, port.Record{RunID: "r_1", Entity: "e", Permissions: []string{"a"}}},
	} {
		message, err := json.Marshal(map[string]any{
			"context": map[string]any{"runId": c.runID, "entity": c.entity},
			"payload": map[string]any{"properties": map[string]any{"permissions": c.permissions, "other": many}},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, v := port.Decode(message)
		if diff := cmp.Diff(c.want, got); v != port.VerdictRun || diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, verdicts[v], diff)
		}
		kept := len(got.RunID) + len(got.Entity)
		for _, p := range got.Permissions {
			kept += len(p)
		}
		if size := got.Size(); size < kept || size > 8000 {
			t.Errorf("%s: the size is %d of a record with texts of %d", name, size, kept)
		}
	}
}

// The value of a record is not kept in memory by what Decode returns.
func TestARecordDoesNotKeepItsValue(t *testing.T) {
	inputs := strings.Repeat(`"x":"`+strings.Repeat("x", 10_000)+`",`, 100)
	heap := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	before := heap()
	records := make([]port.Record, 50)
	for i := range records {
		message := strings.Replace(rest, `"permissions"`, inputs+`"permissions"`, 1)
		records[i], _ = port.Decode([]byte("{" + message))
	}
	if grown := heap() - before; grown > 5<<20 {
		t.Errorf("%d records of a MB keep %d bytes", len(records), grown)
	}
	for _, r := range records {
		if r.RunID != "r_1" || r.Permissions[0] != "p" {
			t.Errorf("record %+v", r)
		}
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
