package catalogue

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

// required are the rows of testdata/required.txt, by action.
type required map[string]*requiredRow

type requiredRow struct {
	types map[string]string // key of a type: the parameter that names its resource
	used  bool
}

// readRequired reads testdata/required.txt, which says how to read it.
func readRequired(t *testing.T) required {
	t.Helper()
	text, err := os.ReadFile("testdata/required.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := required{}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		action, params, _ := strings.Cut(l, " | ")
		if out[action] != nil {
			t.Errorf("%s has two rows", action)
		}
		out[action] = &requiredRow{types: map[string]string{}}
		for p := range strings.SplitSeq(params, ", ") {
			at := strings.LastIndex(p, " ")
			if at < 1 {
				t.Fatalf("not TYPE PARAMETER: %q in %q", p, l)
			}
			out[action].types[p[:at]] = p[at+1:]
		}
	}
	return out
}

// check reports the rows of actions that need none.
func (r required) check(t *testing.T) {
	t.Helper()
	for action, row := range r {
		if !row.used {
			t.Errorf("testdata/required.txt: %s needs no row", action)
		}
	}
}

// apiModel is what botocore's model of an API says of its operations.
type apiModel struct {
	Operations map[string]struct {
		HTTP struct {
			Method string `json:"method"`
		} `json:"http"`
		Input struct {
			Shape string `json:"shape"`
		} `json:"input"`
	} `json:"operations"`
	Shapes map[string]struct {
		Required []string `json:"required"`
	} `json:"shapes"`
}

// TestRequiredParameters holds the rows of testdata/required.txt against the models of
// AWS's APIs in botocore, which comes with moto.
func TestRequiredParameters(t *testing.T) {
	dir := filepath.Join(server.Dir(t, "moto"), "lib", "python3*", "site-packages", "botocore", "data")
	models := map[string][]apiModel{}
	rows := readRequired(t)
	for action, row := range rows {
		prefix, name, _ := strings.Cut(action, ":")
		if models[prefix] == nil {
			models[prefix] = readModels(t, dir, prefix)
		}
		for _, param := range row.types {
			if !slices.ContainsFunc(models[prefix], func(m apiModel) bool {
				return slices.Contains(m.Shapes[m.Operations[name].Input.Shape].Required, param)
			}) {
				t.Errorf("%s does not require %s", action, param)
			}
		}
	}
	if len(rows) < 300 {
		t.Errorf("%d rows", len(rows))
	}
}

// readModels reads botocore's models of the APIs of a service: those whose directory
// begins with its prefix, or with the other name that botocore has for it.
func readModels(t *testing.T, dir, prefix string) (out []apiModel) {
	t.Helper()
	other := map[string]string{
		"aps": "amp", "events": "event", "iotmanagedintegrations": "iot-managed-integrations", "sms-voice": "pinpoint-sms-voice", "wisdom": "qconnect",
	}
	if name := other[prefix]; name != "" {
		prefix = name
	}
	files, err := filepath.Glob(filepath.Join(dir, prefix+"*", "*", "service-2.json.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no model of %s: %v", prefix, err)
	}
	for _, file := range files {
		out = append(out, readModel(t, file))
	}
	return out
}

func readModel(t *testing.T, file string) (out apiModel) {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(text).Decode(&out); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return out
}
