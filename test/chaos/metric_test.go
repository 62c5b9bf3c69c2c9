package chaos

import (
	"strconv"
	"strings"
	"testing"
)

// metric is the value of a line of /metrics that begins with a name and, where
// there are any, its labels.
func metric(t *testing.T, body, name string) float64 {
	t.Helper()
	for line := range strings.Lines(body) {
		text, ok := strings.CutPrefix(line, name+" ")
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			t.Fatalf("metric %q: %v", line, err)
		}
		return v
	}
	t.Fatalf("no metric %s", name)
	return 0
}
