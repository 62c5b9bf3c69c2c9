package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/iamops/catalogue"
)

// requireEnv names the variable that turns a skipped test into a failed one.
const requireEnv = "PORT_IAM_REQUIRE_REAL"

const tableDir = "../../../iamops/catalogue"

// TestPinned fails when pin.go moved to another version and the table did not.
func TestPinned(t *testing.T) {
	c, err := catalogue.Open()
	if err != nil {
		t.Fatal(err)
	}
	if c.Version() != sourceVersion {
		t.Errorf("the table is of version %s, and pin.go says %s: go run ./internal/tools/catalogue", c.Version(), sourceVersion)
	}
}

// TestRegenerate makes the files from the pinned version again and wants the same
// bytes. It needs npm and its registry, so it runs only where everything does.
func TestRegenerate(t *testing.T) {
	if os.Getenv(requireEnv) != "1" {
		t.Skipf("downloads the pinned version (%s=1 runs this)", requireEnv)
	}
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("needs npm")
	}
	files, err := generate(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join(tableDir, f.name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, f.content) {
			t.Errorf("%s differs from what the generator writes (if catalogue.sum does not, another release of Go compresses otherwise)", f.name)
		}
	}
}

func TestPackIsDeterministic(t *testing.T) {
	text := bytes.Repeat([]byte("the same text\n"), 1000)
	a, errA := pack(text)
	b, errB := pack(text)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("two runs differ: %v, %v", errA, errB)
	}
}

// TestWrongTarball: what is not the pinned tarball is not read.
func TestWrongTarball(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.tgz")
	if err := os.WriteFile(file, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := fetch(t.Context(), file); err == nil || !strings.Contains(err.Error(), "is pinned to") {
		t.Errorf("got %v", err)
	}
}

func TestServiceLine(t *testing.T) {
	var actions map[string]sourceAction
	var types map[string]sourceType
	decode(t, `{"getobject":{"name":"GetObject","accessLevel":"Read","resourceTypes":[{"name":"object"},{"name":"Bucket"},{"name":"object","required":true}]},
		"listall":{"name":"ListAll","accessLevel":"List","resourceTypes":[]}}`, &actions)
	decode(t, `{"bucket":{"key":"bucket","arn":"arn:${Partition}:s3:::${BucketName}"},
		"object":{"key":"Object","arn":"arn:${Partition}:s3:::${BucketName}/${ObjectName}, arn:${Partition}:s3:${Region}:${Account}:x/{Odd-one}"}}`, &types)
	l, err := serviceLine("s3", actions, types)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"s":"s3","t":[["bucket","s3:::${BucketName}"],["Object","s3:::${BucketName}/${ObjectName}","s3:${Region}:${Account}:x/${Odd-one}"]],` +
		`"a":["GetObject R 0 1!","ListAll L"]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestSurprises: data that is laid out otherwise than today must be looked at by
// a human, not guessed at.
func TestSurprises(t *testing.T) {
	for _, tc := range []struct{ name, prefix, actions, types, want string }{
		{"prefix", "S 3", `{}`, `{}`, "prefix"},
		{"level", "s3", `{"a":{"name":"A","accessLevel":"Sudo"}}`, `{}`, "unknown access level"},
		{"action key", "s3", `{"b":{"name":"A","accessLevel":"Read"}}`, `{}`, "is filed under"},
		{"action name", "s3", `{"a b":{"name":"A b","accessLevel":"Read"}}`, `{}`, "is filed under"},
		{"type reference", "s3", `{"a":{"name":"A","accessLevel":"Read","resourceTypes":[{"name":"x"}]}}`, `{}`, "unknown type"},
		{"type key", "s3", `{}`, `{"b":{"key":"a","arn":"arn:${Partition}:s3:::x"}}`, "is filed under"},
		{"partition", "s3", `{}`, `{"a":{"key":"a","arn":"arn:aws:s3:::x"}}`, "usual form"},
		{"fields", "s3", `{}`, `{"a":{"key":"a","arn":"arn:${Partition}:s3::x"}}`, "usual form"},
		{"question mark", "s3", `{}`, `{"a":{"key":"a","arn":"arn:${Partition}:s3:::x?"}}`, "usual form"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var actions map[string]sourceAction
			var types map[string]sourceType
			decode(t, tc.actions, &actions)
			decode(t, tc.types, &types)
			if _, err := serviceLine(tc.prefix, actions, types); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestChanges: what a newer source changes is told one by one.
func TestChanges(t *testing.T) {
	const before = `{"format":2,"services":["glue","s3","sqs"]}
{"s":"glue","t":[],"a":["GetJob R"]}
{"s":"s3","t":[["bucket","s3:::${B}"],["object","s3:::${B}/${O}"]],"a":["GetObject R 1!","ListBucket L 0!","PutObject W 1!"]}
{"s":"sqs","t":[["queue","sqs:${R}:${A}:${Q}"]],"a":["SendMessage W 0!"]}
`
	const after = `{"format":2,"services":["s3","sns","sqs"]}
{"s":"s3","t":[["accesspoint","s3:${R}:${A}:accesspoint/${P}"],["bucket","s3:::${Bucket}"],["object","s3:::${B}/${O}"]],"a":["GetObject R 2!","ListBucket R 0 1!","PutObjectAcl P 2"]}
{"s":"sns","t":[["topic","sns:${R}:${A}:${T}"]],"a":["Publish W 0!"]}
{"s":"sqs","t":[["queue","sqs:${R}:${A}:${Q}"]],"a":["SendMessage W 0"]}
`
	want := []string{
		"- service glue: 0 types, 1 actions",
		"+ s3 type accesspoint: s3:${R}:${A}:accesspoint/${P}",
		"~ s3 type bucket: s3:::${B} -> s3:::${Bucket}",
		"~ s3:ListBucket: List bucket! -> Read accesspoint, bucket!",
		"- s3:PutObject: Write object!",
		"+ s3:PutObjectAcl: Permissions management object",
		"+ service sns: 1 types, 1 actions",
		"~ sqs:SendMessage: Write queue! -> Write queue",
	}
	got, err := changes([]byte(before), []byte(after))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", strings.Join(got, "\n"), err, strings.Join(want, "\n"))
	}
	if got, err := changes([]byte(before), []byte(before)); err != nil || len(got) > 0 {
		t.Errorf("of the same table: %v, %v", got, err)
	}
	if got, err := changes(nil, []byte(after)); err != nil || len(got) != 3 {
		t.Errorf("of none before: %v, %v", got, err)
	}
	if _, err := changes([]byte("no table"), []byte(after)); err == nil {
		t.Error("what is no table is compared")
	}
}
