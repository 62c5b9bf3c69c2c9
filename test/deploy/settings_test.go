package deploy

import (
	"regexp"
	"testing"
)

var settingRow = regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|")

// settingsOf returns the settings of the daemon, from the table in the README,
// which is made from the code.
func settingsOf(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, m := range settingRow.FindAllStringSubmatch(read(t, "README.md"), -1) {
		all[m[1]] = true
	}
	if len(all) < 20 {
		t.Fatalf("the README names %d settings only", len(all))
	}
	return all
}
