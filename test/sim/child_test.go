package sim

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childVariable is set in the test binary in which the schedules are played.
const childVariable = "PORT_IAM_SIM_CHILD"

// program is this package's tests, built once more to play the schedules.
type program string

// build builds the program. A faked clock moves only while every goroutine waits
// for something that testing/synctest understands, and it does not understand a
// mutex. The Kafka client holds some while it waits for the broker; its tag
// "synctests" makes them of channels.
//
// changes are texts to replace in files of the module.
func build(t *testing.T, changes ...change) program {
	t.Helper()
	root, err := filepath.Abs("../..")
	must(err)
	file := filepath.Join(t.TempDir(), "schedules")
	args := []string{"test", "-c", "-o", file, "-ldflags=-s -w", "-tags", "synctests", "-overlay", overlay(t, root, changes)}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.CommandContext(t.Context(), "go", append(args, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("build the schedules: %v\n%s", err, out)
	}
	return program(file)
}

// play has schedules played; env says which.
func (p program) play(t *testing.T, limit time.Duration, env ...string) (output string, err error) {
	t.Helper()
	if deadline, ok := t.Deadline(); ok {
		limit = min(limit, time.Until(deadline)-5*time.Second)
	}
	// Most of the time only one goroutine of a schedule can run, so more of them
	// are played at once than there are processors.
	parallel := strconv.Itoa(4 * runtime.GOMAXPROCS(0))
	cmd := exec.CommandContext(t.Context(), string(p),
		"-test.run=^TestSchedules$", "-test.timeout="+limit.String(), "-test.parallel="+parallel)
	cmd.Env = append(append(os.Environ(), childVariable+"=1", "GOGC=400"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// change replaces a text in a file of the module.
type change struct{ file, old, new string }

// overlay writes changed copies of files, and the file that tells the go command
// of them.
func overlay(t *testing.T, root string, changes []change) string {
	t.Helper()
	dir := t.TempDir()
	texts := map[string]string{}
	replaceIn(t, root, texts, changes)
	replace := map[string]string{}
	for file, text := range texts {
		name := filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(file, root+"/"), "/", "_"))
		must(os.WriteFile(name, []byte(text), 0o600))
		replace[file] = name
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	must(err)
	list := filepath.Join(dir, "overlay.json")
	must(os.WriteFile(list, b, 0o600))
	return list
}

// replaceIn makes changes to the texts of files, by their path. A text that must
// be there once and is not ends the test.
func replaceIn(t *testing.T, root string, texts map[string]string, changes []change) {
	t.Helper()
	for _, c := range changes {
		file := filepath.Join(root, c.file)
		text, known := texts[file]
		if !known {
			b, err := os.ReadFile(file)
			must(err)
			text = string(b)
		}
		if n := strings.Count(text, c.old); n != 1 {
			t.Fatalf("%s holds %d times, and it should once:\n%s", c.file, n, c.old)
		}
		texts[file] = strings.Replace(text, c.old, c.new, 1)
	}
}
