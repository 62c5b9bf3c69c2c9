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
		<-time.After(time.Hour)
		want("before the first beat", true)
		p.Beat(time.Minute)
		<-time.After(time.Minute)
		want("in time", true)
		<-time.After(time.Second)
		want("overdue", false)
		p.Beat(time.Hour)
		<-time.After(time.Minute)
		want("after another beat", true)
		<-time.After(2 * time.Hour)
		p.Stop()
		want("after the end", true)
	})
}
