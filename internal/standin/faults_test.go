package standin

import (
	"fmt"
	"strings"
	"testing"
)

// watched is a test that only notes what it is told.
type watched struct {
	failed   bool
	cleanups []func()
	errors   []string
}

func (*watched) Helper()            {}
func (w *watched) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }
func (w *watched) Failed() bool     { return w.failed }
func (w *watched) Errorf(format string, args ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, args...))
}

// end ends the test and returns what it was told.
func (w *watched) end() string {
	for _, f := range w.cleanups {
		f()
	}
	return strings.Join(w.errors, "\n")
}

// TestFaultsMustMeet: a test whose faults have not met their calls fails, and is
// told where each of them was armed.
func TestFaultsMustMeet(t *testing.T) {
	maybe := func() {}
	for name, c := range map[string]struct {
		trouble Trouble
		calls   int
		fails   bool
	}{
		"met":                    {Trouble{}, 1, false},
		"not met":                {Trouble{}, 0, true},
		"all of some":            {Trouble{Count: 3}, 3, false},
		"not all of some":        {Trouble{Count: 3}, 2, true},
		"one of all":             {Trouble{Count: -1}, 1, false},
		"none of all":            {Trouble{Count: -1}, 0, true},
		"a delay":                {Trouble{Kind: Delayed}, 1, false},
		"no delay":               {Trouble{Kind: Delayed}, 0, true},
		"perhaps, not met":       {Trouble{Maybe: maybe}, 0, false},
		"perhaps, some of three": {Trouble{Count: 3, Maybe: maybe}, 1, false},
	} {
		for _, removed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, removed %t", name, removed), func(t *testing.T) {
				test, faults := new(watched), new(Faults[string])
				faults.Check(test)
				remove := faults.Arm("the fault", c.trouble)
				for range c.calls {
					faults.Take(func(string) bool { return true })
				}
				if removed {
					remove()
				}
				got := test.end()
				named := strings.Contains(got, "the fault") && strings.Contains(got, "faults_test.go:")
				if (got != "") != c.fails || named != c.fails {
					t.Errorf("told %q, fails %t", got, c.fails)
				}
			})
		}
	}
}

// TestFaultThatIsNotFirst: a call meets one fault, and the one behind it has met
// none.
func TestFaultThatIsNotFirst(t *testing.T) {
	test, faults := new(watched), new(Faults[string])
	faults.Check(test)
	faults.Arm("first", Trouble{Count: -1})
	faults.Arm("second", Trouble{})
	faults.Take(func(string) bool { return true })
	if got := test.end(); !strings.Contains(got, "second") || strings.Contains(got, "first") {
		t.Errorf("told %q", got)
	}
}

// TestFailedTestIsToldNothing: where a test has ended early, its calls did not come.
func TestFailedTestIsToldNothing(t *testing.T) {
	test, faults := &watched{failed: true}, new(Faults[string])
	faults.Check(test)
	faults.Arm("the fault", Trouble{})
	if got := test.end(); got != "" {
		t.Errorf("told %q", got)
	}
}

// TestMaybeCounts: who allows that a fault meets nothing is told of what it meets.
func TestMaybeCounts(t *testing.T) {
	met, faults := 0, new(Faults[string])
	faults.Arm("the fault", Trouble{Count: 3, Maybe: func() { met++ }})
	for range 2 {
		faults.Take(func(string) bool { return true })
	}
	if met != 2 {
		t.Errorf("told of %d calls, want 2", met)
	}
}

// TestFaultThatNobodyChecks cannot be armed.
func TestFaultThatNobodyChecks(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("armed")
		}
	}()
	new(Faults[string]).Arm("the fault", Trouble{})
}
