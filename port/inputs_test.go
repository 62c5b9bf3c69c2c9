package port_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
)

func runWith(input, value string) port.Run {
	r := port.Run{Action: "request_permissions", Properties: map[string]json.RawMessage{}}
	if value != "" {
		r.Properties[input] = json.RawMessage(value)
	}
	return r
}

func TestEntityIDs(t *testing.T) {
	for name, c := range map[string]struct {
		value string
		want  []string
		err   string // what the error contains
	}{
		"identifiers":         {`["s3:GetObject","s3:PutObject"]`, []string{"s3:GetObject", "s3:PutObject"}, ""},
		"objects":             {`[{"identifier":"a","title":"A"},{"identifier":"b"}]`, []string{"a", "b"}, ""},
		"a mix":               {`["a",{"identifier":"b","properties":{"identifier":"no"}},"c"]`, []string{"a", "b", "c"}, ""},
		"each once":           {`["b","a",{"identifier":"b"},"a"]`, []string{"b", "a"}, ""},
		"case matters":        {`["a","A"]`, []string{"a", "A"}, ""},
		"none":                {`[]`, []string{}, ""},
		"odd fields beside":   {`[{"identifier":"a","invocationMethod":"x","title":5}]`, []string{"a"}, ""},
		"absent":              {``, nil, `input "permissions" is missing`},
		"null":                {`null`, nil, `input "permissions" is missing`},
		"one identifier":      {`"a"`, nil, `is not an array`},
		"one object":          {`{"identifier":"a"}`, nil, `is not an array`},
		"a number":            {`5`, nil, `is not an array`},
		"an empty identifier": {`["a",""]`, nil, `no identifier at position 2`},
		"a null inside":       {`[null]`, nil, `no identifier at position 1`},
		"a number inside":     {`["a","b",5]`, nil, `no identifier at position 3`},
		"a list inside":       {`[["a"]]`, nil, `no identifier at position 1`},
		"an empty object":     {`[{"title":"A"}]`, nil, `no identifier at position 1`},
		"a number for it":     {`[{"identifier":5}]`, nil, `no identifier at position 1`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := runWith("permissions", c.value).EntityIDs("permissions")
			checkInput(t, err, c.err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		value, want string
		err         string
	}{
		"a text":     {`"8h"`, "8h", ""},
		"kept as is": {`" a\n\"b\" "`, " a\n\"b\" ", ""},
		"absent":     {``, "", ""},
		"null":       {`null`, "", ""},
		"empty":      {`""`, "", ""},
		"a number":   {`8`, "", `input "duration" is not a text`},
		"a boolean":  {`true`, "", `is not a text`},
		"a list":     {`["8h"]`, "", `is not a text`},
		"an object":  {`{"identifier":"8h"}`, "", `is not a text`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := runWith("duration", c.value).Text("duration")
			checkInput(t, err, c.err)
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// checkInput wants an error that names the input, the action and the remedy.
func checkInput(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil {
		t.Fatalf("no error, want one with %q", want)
	}
	for _, part := range []string{want, "expected", `action "request_permissions" in Port`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}
