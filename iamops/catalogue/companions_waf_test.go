package catalogue

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

// TestChangeTokens: of AWS WAF Classic those actions are refused whose operation requires a
// change token, by botocore's models of its APIs, and no others.
func TestChangeTokens(t *testing.T) {
	dir := filepath.Join(server.Dir(t, "moto"), "lib", "python3*", "site-packages", "botocore", "data")
	for _, prefix := range []string{"waf", "waf-regional"} {
		tokens := 0
		m := theModel(t, dir, prefix)
		for name, of := range m.Operations {
			action, required := prefix+":"+name, slices.Contains(m.Shapes[of.Input.Shape].Required, "ChangeToken") && name != "GetChangeTokenStatus"
			if required {
				tokens++
			}
			if got := takesToken(action); got != required {
				t.Errorf("%s is refused for its token: %t, and it requires one: %t", action, got, required)
			}
		}
		if tokens != 36 {
			t.Errorf("%d operations of %s require a token", tokens, prefix)
		}
	}
}

// takesToken reports whether an action is always refused for its change token.
func takesToken(action string) bool {
	return slices.ContainsFunc(companionRows(), func(row companion) bool {
		return row.does == refuse && len(row.on)+len(row.unless) == 0 && row.when == nil &&
			matching(row.asked, action) != "" && strings.Contains(row.text, ":GetChangeToken,")
	})
}

// theModel is botocore's only model of an API.
func theModel(t *testing.T, dir, prefix string) apiModel {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, prefix, "*", "service-2.json.gz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("models of %s: %q, %v", prefix, files, err)
	}
	return readModel(t, files[0])
}
