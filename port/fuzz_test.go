package port_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"port-iam/port"
)

func FuzzDecode(f *testing.F) {
	for _, content := range messages(f) {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		record, verdict := port.Decode(value)
		if again, v := port.Decode(value); !reflect.DeepEqual(again, record) || v != verdict {
			t.Fatalf("twice the same: %+v %s, then %+v %s", record, verdicts[verdict], again, verdicts[v])
		}
		if verdicts[verdict] == "" {
			t.Fatalf("unheard-of verdict %d", verdict)
		}

		var root map[string]json.RawMessage
		isObject := json.Unmarshal(value, &root) == nil && root != nil
		if isObject == (verdict == port.VerdictMalformed) {
			t.Fatalf("a JSON object: %v, verdict: %s", isObject, verdicts[verdict])
		}
		if verdict != port.VerdictRun {
			if !reflect.DeepEqual(record, port.Record{}) {
				t.Fatalf("%s with a record: %+v", verdicts[verdict], record)
			}
			return
		}

		checkRecord(t, record, root)
		// White space around a message changes nothing.
		if again, v := port.Decode(append([]byte(" \n"), append(bytes.Clone(value), '\t')...)); !reflect.DeepEqual(again, record) || v != verdict {
			t.Fatalf("with white space: %+v %s, without: %+v", again, verdicts[v], record)
		}
		// Nor does one level around a complete message; of very deep ones one more
		// level would be too much.
		var kind, run string
		var about map[string]json.RawMessage
		_ = json.Unmarshal(root["context"], &about)
		if json.Unmarshal(root["resourceType"], &kind) != nil || json.Unmarshal(about["runId"], &run) != nil ||
			kind == "" || len(kind) > 1000 || run == "" || len(run) > 1000 || len(value) > 9000 {
			return
		}
		wrapped := append(append([]byte(`{"payload":`), value...), '}')
		if again, v := port.Decode(wrapped); !reflect.DeepEqual(again, record) || v != verdict {
			t.Fatalf("wrapped: %+v %s, bare: %+v", again, verdicts[v], record)
		}
	})
}

// checkRecord holds what is true of every run.
func checkRecord(t *testing.T, r port.Record, root map[string]json.RawMessage) {
	t.Helper()
	if !r.Time.IsZero() {
		t.Fatalf("the time is not in the message: %+v", r)
	}
	if strings.HasPrefix(r.RunID, "wfnr_") || strings.HasPrefix(r.RunID, "wfr_") {
		t.Fatalf("a workflow passes for a run: %q", r.RunID)
	}
	for _, mark := range []string{"diff", "changelogDestination"} {
		if raw, marked := root[mark]; marked && string(raw) != "null" {
			t.Fatalf("a change with %s passes for a run", mark)
		}
	}
	if size := r.Size(); size > 9000 {
		t.Fatalf("a record of %d bytes", size)
	}
	for _, s := range append([]string{r.RunID, r.Action, r.Blueprint, r.Entity, r.Requester}, r.Permissions...) {
		if !utf8.ValidString(s) {
			t.Fatalf("not UTF-8: %q", s)
		}
	}
}
