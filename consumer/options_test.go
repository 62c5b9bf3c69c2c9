package consumer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/port"
)

func validOptions(reg prometheus.Registerer) Options {
	return Options{
		Access:    access(port.KafkaAccess{Brokers: []string{"localhost:1"}}),
		Mechanism: "none", Topic: testTopic, Group: testGroup, Concurrency: 1, Registerer: reg,
		Actions: map[string]Handler{testAction: newLedger().handler},
	}
}

func TestNewNamesEveryProblem(t *testing.T) {
	_, err := New(Options{
		Mechanism: "GSSAPI", Window: -1,
		Actions: map[string]Handler{`qu"ote`: newLedger().handler, "sla/sh": newLedger().handler, "nil": nil},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"Access is", `Mechanism "GSSAPI"`, "Topic", "Group", "Concurrency is 0", `"qu\"ote"`, `"sla/sh"`, `"nil" has no handler`, "negative"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in %q", want, err)
		}
	}
	if _, err := New(validOptions(nil)); err != nil {
		t.Errorf("valid options: %v", err)
	}
}

func TestAccessIsAskedAgainOnlyAfterRefusal(t *testing.T) {
	asked := 0
	answer := port.KafkaAccess{Brokers: []string{"b:1"}, Username: "u", Password: "old"}
	c := &accessCache{sasl: true, ask: func(context.Context) (port.KafkaAccess, error) {
		asked++
		return answer, nil
	}}
	get := func(password string, times int) {
		t.Helper()
		a, err := c.get(t.Context())
		if err != nil || a.Password != password || asked != times {
			t.Errorf("got another password or %d calls (want %d): %v", asked, times, err)
		}
	}
	get("old", 1)
	get("old", 1)
	c.asked = time.Now().Add(-askGap)
	c.refuse()
	answer.Password = "new"
	get("new", 2)
	get("new", 2)
	c.refuse()
	get("new", 2) // not at once
	c.asked = time.Now().Add(-askGap)
	get("new", 3)
}

// TestAccessFailureIsShared: while Port fails, not every connection asks it.
func TestAccessFailureIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, broken := 0, errors.New("away")
		c := &accessCache{ask: func(context.Context) (port.KafkaAccess, error) {
			asked++
			return port.KafkaAccess{Brokers: []string{"b:1"}}, broken
		}}
		for range 600 {
			if _, err := c.get(context.Background()); !errors.Is(err, broken) {
				t.Fatal(err)
			}
			after(100 * time.Millisecond)
		}
		if asked > 12 {
			t.Errorf("asked %d times in a minute", asked)
		}
		broken = nil
		after(failGap)
		if _, err := c.get(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestAccessMustBeComplete(t *testing.T) {
	for _, a := range []port.KafkaAccess{{Username: "u", Password: "p"}, {Brokers: []string{"b:1"}, Password: "p"}, {Brokers: []string{"b:1"}, Username: "u"}} {
		c := &accessCache{sasl: true, ask: func(context.Context) (port.KafkaAccess, error) { return a, nil }}
		if _, err := c.get(t.Context()); !Final(err) {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestFinal(t *testing.T) {
	f := &FatalError{Problem: "it is broken", Remedy: "repair it", Err: errors.New("two\nlines")}
	if got, want := f.Error(), "it is broken: repair it (two lines)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !Final(fmt.Errorf("wrapped: %w", f)) || Final(errors.New("other")) || Final(nil) {
		t.Error("Final is wrong")
	}
}
