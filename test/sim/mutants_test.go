package sim

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"
)

// mutant is a defect that is put into the code on purpose.
type mutant struct {
	name    string
	changes []change
	// seed is of a schedule that has shown the defect. It is played first.
	seed int
	// survives says why the defect does no harm: another rule stands behind the
	// one that is broken. The schedules must not find it then.
	survives string
}

const (
	mutantsVariable = "PORT_IAM_SIM_MUTANTS"
	mutantSeeds     = "2000"
	survivorSeeds   = "100"
	// mutantLimit bounds the search for one mutant: a defect can make the
	// simulation stand still.
	mutantLimit = 20 * time.Minute
)

var firstViolation = regexp.MustCompile(`seed (\d+): (.*)`)

// TestMutants puts one defect after the other into the code and has schedules
// played until one of them shows it: the stored one, or where that misses it,
// any other.
func TestMutants(t *testing.T) {
	which := os.Getenv(mutantsVariable)
	if which == "" {
		t.Skipf("takes minutes; %s=1 plays all, or those whose names fit a regular expression", mutantsVariable)
	}
	chosen := regexp.MustCompile(which)
	if which == "1" {
		chosen = regexp.MustCompile("")
	}
	for _, m := range mutants {
		if chosen.MatchString(m.name) {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				m.play(t)
			})
		}
	}
}

func (m mutant) play(t *testing.T) {
	schedules := build(t, m.changes...)
	if m.survives != "" {
		if seed, violation := schedules.show(t, seedsVariable+"="+survivorSeeds); seed != "" {
			t.Errorf("said to do no harm, and caught by seed %s: %s", seed, violation)
			return
		}
		t.Logf("not caught: %s", m.survives)
		return
	}
	if seed, violation := schedules.show(t, fmt.Sprintf("%s=%d", seedVariable, m.seed)); seed != "" {
		t.Logf("caught by seed %s: %s", seed, violation)
		return
	}
	seeds := cmp.Or(os.Getenv(seedsVariable), mutantSeeds)
	seed, violation := schedules.show(t, seedVariable+"=", seedsVariable+"="+seeds)
	if seed == "" {
		t.Errorf("%s seeds do not catch it", seeds)
		return
	}
	t.Logf("the stored seed %d misses it; store seed %s: %s", m.seed, seed, violation)
}

// show has schedules played until one shows a defect, and says which and what.
func (p program) show(t *testing.T, env ...string) (seed, violation string) {
	t.Helper()
	out, err := p.play(t, mutantLimit, append(env, firstVariable+"=1")...)
	if found := firstViolation.FindStringSubmatch(out); found != nil {
		return found[1], found[2]
	}
	if err != nil {
		t.Fatalf("the schedules could not be played: %v\n%s", err, tail(out))
	}
	return "", ""
}

// TestMutantsFit: each mutant still fits the code, and has a seed or a reason to
// have none.
func TestMutantsFit(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			overlay(t, "../..", m.changes)
			if (m.seed == 0) == (m.survives == "") {
				t.Error("it needs either a seed that shows it, or a reason why none does")
			}
		})
	}
}

func tail(s string) string {
	const most = 4000
	if len(s) > most {
		return fmt.Sprintf("(…)\n%s", s[len(s)-most:])
	}
	return s
}
