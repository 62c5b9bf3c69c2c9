package setup_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"port-iam/internal/setup"
	"port-iam/internal/standin"
	"port-iam/port/porttest"
)

// before runs f once, when a call of that route has reached Port and is not applied
// yet. The test fails where there is no such call.
func (w *world) before(t *testing.T, route string, f func()) {
	t.Helper()
	var came atomic.Int64
	standin.MustMeet(t, "before "+route, 1, func() int { return int(came.Load()) })
	w.OnCall(func(c porttest.Call) {
		if c.Route == route && !c.Done && came.Add(1) == 1 {
			f()
		}
	})
}

// organisations are those that setup may meet.
var organisations = map[string]func(*world){
	"empty":            func(*world) {},
	"the guide's":      func(w *world) { w.GuideModel() },
	"an old blueprint": func(w *world) { w.AddBlueprint(oldBlueprint) },
}

const oldBlueprint = `{"identifier":"iam_permissions","title":"P","schema":{"properties":{"resource_type":{"type":"string","enum":["RDS"]}}},"relations":{}}`

func everything(t *testing.T) setup.Desired {
	t.Helper()
	c := choice()
	c.Samples = true
	return want(t, c)
}

// calls is how many calls an installation makes.
func calls(t *testing.T, prepare func(*world)) int {
	t.Helper()
	w := newWorld(t)
	prepare(w)
	w.mustInstall(t, everything(t))
	return w.CallCount("")
}

// Whichever call Port refuses: the error says which, and another run completes.
func TestEveryCallRefused(t *testing.T) {
	for name, prepare := range organisations {
		d := everything(t)
		for n := 1; n <= calls(t, prepare); n++ {
			t.Run(fmt.Sprintf("%s, call %d", name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					prepare(w)
					remove := w.Fault(porttest.Fault{N: n, Status: 403})
					_, _, err := w.install(t.Context(), d)
					synctest.Wait() // calls that the refusal cancelled may still arrive
					remove()
					if err == nil {
						t.Fatal("no error")
					}
					if !strings.Contains(err.Error(), "HTTP 403") || !strings.Contains(err.Error(), what(w, n)) {
						t.Errorf("call %s failed with: %v", what(w, n), err)
					}
					<-time.After(10 * time.Second) // a refused token is believed for so long
					w.mustInstall(t, d)
					w.settled(t, d)
				})
			})
		}
	}
}

// what is what the n-th call was about.
func what(w *world, n int) string {
	for _, c := range w.Calls() {
		if c.N == n {
			return c.ID
		}
	}
	return "none"
}

// Whichever answer is lost: it is found out what became of it, and one run
// completes.
func TestEveryAnswerLost(t *testing.T) {
	for name, prepare := range organisations {
		for n := 1; n <= calls(t, prepare); n++ {
			t.Run(fmt.Sprintf("%s, call %d", name, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					prepare(w)
					d := everything(t)
					w.Fault(porttest.Fault{N: n, Kind: porttest.LostAnswer})
					w.mustInstall(t, d)
					w.settled(t, d)
				})
			})
		}
	}
}

// Another program makes, between the look and the creation, what setup makes.
func TestMadeMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name  string
		route string
		make  func(*world)
		want  string // error; "" for none
	}{
		{"the same blueprint, older", "blueprint_create", func(w *world) { w.AddBlueprint(oldBlueprint) }, ""},
		{"the guide's action", "action_create", (*world).guideAction, ""},
		{
			"an action of another account", "action_create", func(w *world) { w.AddAction(foreignAction) },
			`created in the meantime by another program: action request_permissions: it is for account 999999999999`,
		},
		{"an entity", "entity_upsert", func(w *world) {
			w.AddEntity("aws_resource", `{"identifier":"`+bucket+`","title":"Theirs","properties":{"resource_type":"S3"}}`)
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			d := everything(t)
			w.before(t, tt.route, func() { tt.make(w) })
			_, _, err := w.install(t.Context(), d)
			switch {
			case tt.want == "" && err != nil:
				t.Fatal(err)
			case tt.want == "":
				w.settled(t, d)
			case err == nil || !strings.Contains(err.Error(), tt.want):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func (w *world) guideAction() {
	w.AddAction(`{"identifier":"request_permissions","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"aws_resource",
		"userInputs":{"properties":{"permissions":{"type":"array"}}}},"invocationMethod":{"type":"KAFKA"}}`)
}

const foreignAction = `{"identifier":"request_permissions","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"aws_resource",
	"userInputs":{"properties":{"permissions":{"type":"array"}}}},"invocationMethod":{"type":"KAFKA","payload":{"context":{"account":"999999999999"}}}}`
