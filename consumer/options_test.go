package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func validOptions(reg prometheus.Registerer) Options {
	return Options{
		Access:    func(context.Context) (Access, error) { return Access{Brokers: []string{"localhost:1"}}, nil },
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

func TestAccessIsRedacted(t *testing.T) {
	a := Access{Brokers: []string{"b:1"}, Username: "user-name", Password: "pass-word"}
	j, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "access", a)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "access", &a)
	for _, s := range []string{
		a.String(), fmt.Sprint(a), fmt.Sprintf("%v %+v %#v %s %q %d", a, a, a, a, a, a), fmt.Sprintf("%+v", &a),
		fmt.Sprintf("%+v", struct{ A Access }{a}), fmt.Sprintf("%v", []Access{a}), string(j), log.String(),
	} {
		if strings.Contains(s, "user-name") || strings.Contains(s, "pass-word") {
			t.Errorf("a secret was printed: %s", s)
		}
		if !strings.Contains(s, "b:1") {
			t.Errorf("the broker is missing: %s", s)
		}
	}
}

func TestAccessIsAskedAgainOnlyAfterRefusal(t *testing.T) {
	asked := 0
	answer := Access{Brokers: []string{"b:1"}, Username: "u", Password: "old"}
	c := &accessCache{sasl: true, ask: func(context.Context) (Access, error) {
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
	c.notYet = time.Now()
	c.refuse()
	answer.Password = "new"
	get("new", 2)
	get("new", 2)
	c.refuse()
	get("new", 2) // not at once
	for range 20 {
		c.notYet = time.Now()
		c.refuse()
		_, _ = c.get(t.Context())
	}
	if c.gap != maxAskGap {
		t.Errorf("asked every %v in the end, want %v", c.gap, maxAskGap)
	}
}

func TestAccessMustBeComplete(t *testing.T) {
	for _, a := range []Access{{Username: "u", Password: "p"}, {Brokers: []string{"b:1"}, Password: "p"}, {Brokers: []string{"b:1"}, Username: "u"}} {
		c := &accessCache{sasl: true, ask: func(context.Context) (Access, error) { return a, nil }}
		if _, err := c.get(t.Context()); !Final(err) {
			t.Errorf("%v: %v", a, err)
		}
	}
}

func TestFinal(t *testing.T) {
	f := &FatalError{Problem: "it is broken", Remedy: "mend it", Err: errors.New("two\nlines")}
	if got, want := f.Error(), "it is broken: mend it (two lines)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !Final(fmt.Errorf("wrapped: %w", f)) || Final(errors.New("other")) || Final(nil) {
		t.Error("Final is wrong")
	}
}
