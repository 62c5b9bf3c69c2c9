package templates_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"port-iam/templates"
)

// TestCheckConsole: a template of one's own has to keep the Region of what AWS's console
// needs, where grants have that, and is as good as before where they have not.
func TestCheckConsole(t *testing.T) {
	own := func(equals string) string {
		return `{"Version":"2012-10-17","Statement":[{{ range $i, $s := .Statements }}{{ if $i }},{{ end }}{"Effect":"Allow","Action":{{ json $s.Actions }},"Resource":{{ json $s.Resources }},
			"Condition":{"StringLike":{"aws:PrincipalTag/team":"*"}{{ if $.End }},"DateLessThan":{"aws:CurrentTime":{{ json $.End }}}{{ end }}
			{{ if $s.ResourceAccount }},"StringEquals":{"aws:ResourceAccount":{{ json $s.ResourceAccount }}}{{ end }}` + equals + `}}{{ end }}]}`
	}
	const refused = `template permission-policy.json: statement 7 allows what AWS's console needs (GRANT_CONSOLE) in every Region; it needs "StringEquals": {"aws:RequestedRegion": {{ json .Region }}} whenever .Region of a statement is not empty`
	for name, tc := range map[string]struct{ template, want string }{
		"the Region":      {own(`{{ if $s.Region }},"StringEquals":{"aws:RequestedRegion":{{ json $s.Region }}}{{ end }}`), ""},
		"a list of it":    {own(`{{ if $s.Region }},"StringEquals":{"aws:RequestedRegion":[{{ json $s.Region }}]}{{ end }}`), ""},
		"no Region":       {own(""), refused},
		"some Region":     {own(`{{ if $s.Region }},"StringEquals":{"aws:RequestedRegion":"eu-west-1"}{{ end }}`), refused},
		"more Regions":    {own(`{{ if $s.Region }},"StringEquals":{"aws:RequestedRegion":[{{ json $s.Region }},"eu-west-9"]}{{ end }}`), refused},
		"a pattern of it": {own(`{{ if $s.Region }},"StringLike":{"aws:RequestedRegion":{{ json $s.Region }}}{{ end }}`), refused},
		"where it ends":   {own(`{{ if and $s.Region $.End }},"StringEquals":{"aws:RequestedRegion":{{ json $s.Region }}}{{ end }}`), refused},
	} {
		set, err := templates.Load(fstest.MapFS{templates.PermissionPolicyFile: {Data: []byte(tc.template)}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := ""
		if err := set.CheckConsole(); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	if err := builtin(t).CheckConsole(); err != nil {
		t.Error(err)
	}
}

// TestConsoleInBoundary: what the services do not cover themselves, and only that.
func TestConsoleInBoundary(t *testing.T) {
	l := sampleLimits()
	for action, want := range map[string]string{"rds:Describe*": "is not one action", "rds": "is not one action"} {
		l.Console = []string{action}
		if _, err := templates.Boundary(l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", action, err)
		}
	}
}
