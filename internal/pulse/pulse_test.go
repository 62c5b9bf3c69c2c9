package pulse_test

import (
	"testing"
	"testing/synctest"
	"time"

	"port-iam/internal/pulse"
)

func TestPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pulse.Pulse
		want := func(when string, alive bool) {
			t.Helper()
			if err := p.Alive(); (err == nil) != alive {
				t.Errorf("%s: %v", when, err)
			}
		}
		time.Sleep(time.Hour)
		want("before the first beat", true)
		p.Beat(time.Minute)
		time.Sleep(time.Minute)
		want("in time", true)
		time.Sleep(time.Second)
		want("overdue", false)
		p.Beat(time.Hour)
		time.Sleep(time.Minute)
		want("after another beat", true)
		time.Sleep(2 * time.Hour)
		p.Stop()
		want("after the end", true)
	})
}
