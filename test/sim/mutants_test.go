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
	// survives says why it does no harm: another rule stands behind the one that
	// is broken. The schedules must not find it then.
	survives string
}

const (
	mutantsVariable = "PORT_IAM_SIM_MUTANTS"
	mutantSeeds     = "2000"
	survivorSeeds   = "100"
	// mutantLimit bounds one mutant: a defect can make the simulation stand still.
	mutantLimit = 20 * time.Minute
)

var firstViolation = regexp.MustCompile(`seed (\d+): (.*)`)

// TestMutants puts one defect after the other into the code and has schedules
// played until one of them shows it.
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
		if !chosen.MatchString(m.name) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			seeds := cmp.Or(os.Getenv("PORT_IAM_SIM_SEEDS"), mutantSeeds)
			if m.survives != "" {
				seeds = survivorSeeds
			}
			out, err := child(t, mutantLimit, m.changes, "PORT_IAM_SIM_SEEDS="+seeds, firstVariable+"=1")
			found := firstViolation.FindStringSubmatch(out)
			switch {
			case found != nil && m.survives != "":
				t.Errorf("said to do no harm, and caught by seed %s: %s", found[1], found[2])
			case found != nil:
				t.Logf("caught by seed %s: %s", found[1], found[2])
			case err == nil && m.survives != "":
				t.Logf("not caught: %s", m.survives)
			case err == nil:
				t.Errorf("%s seeds do not catch it", seeds)
			default:
				t.Errorf("the schedules could not be played: %v\n%s", err, tail(out))
			}
		})
	}
}

// TestMutantsFit: each mutant still fits the code.
func TestMutantsFit(t *testing.T) {
	for _, m := range mutants {
		overlay(t, "../..", m.changes)
	}
}

func tail(s string) string {
	const most = 4000
	if len(s) > most {
		return fmt.Sprintf("(…)\n%s", s[len(s)-most:])
	}
	return s
}
