package sim

import (
	"bytes"
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

// child builds this package's tests once more and has the schedules played by
// that. A faked clock moves only while every goroutine waits for something that
// testing/synctest understands, and it does not understand a mutex. The Kafka
// client holds some while it waits for the broker; its tag "synctests" makes them
// of channels. The same is done here for the one that the consumer holds while
// it commits, with a changed copy of its file.
//
// changes are further texts to replace in files of the module.
func child(t *testing.T, limit time.Duration, changes []change, env ...string) (output string, err error) {
	t.Helper()
	if deadline, ok := t.Deadline(); ok {
		limit = min(limit, time.Until(deadline)-5*time.Second)
	}
	root, err := filepath.Abs("../..")
	must(err)
	// Most of the time only one goroutine of a schedule can run, so more of them
	// are played at once than there are processors.
	parallel := strconv.Itoa(4 * runtime.GOMAXPROCS(0))
	args := []string{
		"test", "-tags", "synctests", "-count=1", "-run", "^TestSchedules$", "-timeout", limit.String(),
		"-parallel", parallel, "-overlay", overlay(t, root, changes),
	}
	if raceDetector {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./test/sim")...)
	cmd.Dir = root
	cmd.Env = append(append(os.Environ(), childVariable+"=1", "GOGC=400"), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

// change replaces a text in a file of the module.
type change struct{ file, old, new string }

var commitMutex = change{
	file: "consumer/session.go",
	old:  "commitMu      sync.Mutex ",
	new:  "commitMu      channelMutex ",
}

const channelMutex = `package consumer

import "sync"

type channelMutex struct {
	once sync.Once
	ch   chan struct{}
}

func (m *channelMutex) Lock() {
	m.once.Do(func() { m.ch = make(chan struct{}, 1) })
	m.ch <- struct{}{}
}

func (m *channelMutex) Unlock() { <-m.ch }
`

// overlay writes changed copies of files, and the file that tells the go command
// of them.
func overlay(t *testing.T, root string, changes []change) string {
	t.Helper()
	dir := t.TempDir()
	texts := map[string]string{filepath.Join(root, "consumer/channelmutex.go"): channelMutex}
	replaceIn(t, root, texts, []change{commitMutex}, false)
	replaceIn(t, root, texts, changes, true)
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
func replaceIn(t *testing.T, root string, texts map[string]string, changes []change, needed bool) {
	t.Helper()
	for _, c := range changes {
		file := filepath.Join(root, c.file)
		text, known := texts[file]
		if !known {
			b, err := os.ReadFile(file)
			must(err)
			text = string(b)
		}
		switch n := strings.Count(text, c.old); {
		case n == 1:
			texts[file] = strings.Replace(text, c.old, c.new, 1)
		case needed:
			t.Fatalf("%s holds %d times, and it should once:\n%s", c.file, n, c.old)
		}
	}
}
