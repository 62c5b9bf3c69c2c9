package consumer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// hintLines are the lines of a log from INFO upwards that are about a workflow.
func hintLines(j *journal) (lines []string) {
	for line := range strings.Lines(j.String()) {
		if strings.Contains(line, "workflow") && !strings.Contains(line, `"level":"DEBUG"`) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestWorkflowThatNamesOurs: a node of a workflow whose payload is the message of one of
// our actions is told once, and performed never.
func TestWorkflowThatNamesOurs(t *testing.T) {
	ours := func(run string) string {
		return `{"action":"` + testAction + `","resourceType":"run","context":{"entity":"e","runId":` + run + `},` +
			`"payload":{"action":{"identifier":"` + testAction + `","invocationMethod":{"type":"KAFKA"}},"properties":{}}}`
	}
	for name, message := range map[string]string{
		"node run":                     `{"context":{"runId":"wfnr_1","workflowRunId":"wfr_1"},"payload":` + ours(`null`) + `}`,
		"ids of both":                  `{"context":{"workflowRunId":"wfr_1","nodeRunId":"wfnr_1"},"payload":` + ours(`null`) + `}`,
		"workflow run":                 `{"context":{"runId":"wfr_1"},"payload":` + ours(`null`) + `}`,
		"ours names the workflow run":  `{"context":{"runId":"wfnr_1"},"payload":` + ours(`"wfr_1"`) + `}`,
		"workflow run at the root":     ours(`"wfr_1"`),
		"node run at the root":         ours(`"wfnr_1"`),
		"wrapped":                      `{"payload":` + ours(`"wfr_1"`) + `}`,
		"objects":                      `{"workflowRun":{"identifier":"wfr_1"},"nodeRun":{"identifier":"wfnr_1"},"payload":` + ours(`null`) + `}`,
		"list":                         `{"context":{"runId":"wfnr_1"},"payload":[` + ours(`null`) + `]}`,
		"ids in a list":                `{"payload":[` + ours(`"wfr_1"`) + `]}`,
		"an action run in the payload": `{"context":{"nodeRunId":"wfnr_1"},"payload":` + ours(`"r_1"`) + `}`,
		"escaped":                      strings.ReplaceAll(ours(`"wfr_1"`), testAction, fmt.Sprintf(`\u%04x`, testAction[0])+testAction[1:]),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(t *testing.T, w *world) {
				l, j := newLedger(), new(journal)
				o := w.options(l.handler)
				o.Log = j.logger()
				r := start(t, o)
				w.produce(t, 0, message)
				w.awaitCommit(t, 0, 1)
				lines := hintLines(j)
				if len(lines) != 1 || !strings.Contains(lines[0], `"level":"INFO"`) || !strings.Contains(lines[0], testAction) || !strings.Contains(lines[0], `"offset":0`) {
					t.Errorf("told: %q", lines)
				}
				if n := testutil.ToFloat64(r.metrics.records.WithLabelValues(string(skippedWorkflow))); n != 1 || len(l.order) > 0 {
					t.Errorf("%v skipped, performed %v", n, l.order)
				}
				if strings.Contains(j.String(), "resourceType") {
					t.Errorf("a body was logged: %s", j)
				}
			})
		})
	}
}

// TestWorkflowsAreToldSeldom: a workflow that runs all the time fills no log, and those
// of others are not told.
func TestWorkflowsAreToldSeldom(t *testing.T) {
	inBubble(t, 1, func(t *testing.T, w *world) {
		l, j := newLedger(), new(journal)
		o := w.options(l.handler)
		o.Actions["another"] = l.handler
		o.Log = j.logger()
		start(t, o)
		n := int64(0)
		wants := func(message string, want int) {
			t.Helper()
			w.produce(t, 0, message)
			n++
			w.awaitCommit(t, 0, n)
			if lines := hintLines(j); len(lines) != want {
				t.Errorf("after %d records told %d times, want %d: %q", n, len(lines), want, lines)
			}
		}
		wants(`{"context":{"runId":"wfnr_1"},"payload":{"note":"no `+testAction+` here"}}`, 0)
		wants(value(testAction, "wfnr_1"), 1)
		wants(value(testAction, "wfnr_2"), 1)
		wants(value("another", "wfr_3"), 2)
		after(hintInterval - time.Minute)
		wants(value(testAction, "wfnr_4"), 2)
		after(2 * time.Minute)
		wants(value(testAction, "wfnr_5"), 3)
	})
}
