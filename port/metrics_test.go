package port_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"port-iam/port"
	"port-iam/port/porttest"
)

const (
	requestsMetric = "port_iam_port_requests_total"
	durationMetric = "port_iam_port_request_duration_seconds"
)

// metrics is all that the client exports, as text.
func (w *world) metrics(t *testing.T) string {
	t.Helper()
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range families {
		fmt.Fprintln(&all, f)
	}
	return all.String()
}

func TestMetricsAreWellFormed(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		problems, err := testutil.GatherAndLint(w.reg)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v %+v", err, problems)
		}
	})
}

// counts are the requests by route and code that are not 0.
type counts map[[2]string]int

// knownRoutes are the routes that exist in the metrics from the start: those of
// the methods, of which two may share one.
func knownRoutes() []string {
	routes := []string{"token"}
	for _, m := range methods {
		routes = append(routes, m.route)
	}
	slices.Sort(routes)
	return slices.Compact(routes)
}

// expected is the text of the counter with every label set that is known from
// the start.
func expected(c counts) string {
	var b strings.Builder
	b.WriteString("# HELP " + requestsMetric + " Requests to Port, every attempt counted, by route and by HTTP status or no_answer.\n")
	b.WriteString("# TYPE " + requestsMetric + " counter\n")
	for _, route := range knownRoutes() {
		codes := []string{"200", "401", "403", "404", "422", "429", "500", "502", "503", "504", "no_answer"}
		if route == "run_log" || route == "entity_upsert" {
			codes = append(codes, "201")
		}
		for _, code := range codes {
			fmt.Fprintf(&b, "%s{code=%q,route=%q} %d\n", requestsMetric, code, route, c[[2]string{route, code}])
		}
	}
	return b.String()
}

func (w *world) checkCounts(t *testing.T, c counts) {
	t.Helper()
	if err := testutil.GatherAndCompare(w.reg, strings.NewReader(expected(c)), requestsMetric); err != nil {
		t.Error(err)
	}
}

func TestMetricsExistFromTheStart(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.checkCounts(t, nil)
		n, err := testutil.GatherAndCount(w.reg, durationMetric)
		if err != nil || n != len(knownRoutes()) {
			t.Errorf("%d durations, want one per route: %v", n, err)
		}
	})
}

func TestEveryAttemptIsCounted(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.Fault(porttest.Fault{Route: "run_get", Status: 503, Count: 2})
		w.readRun(t)
		w.Fault(porttest.Fault{Route: "run_log", Kind: porttest.LostRequest})
		wantError(t, w.call(t, "EndRun"), port.KindUnavailable)
		if err := w.call(t, "EndRun"); err != nil {
			t.Fatal(err)
		}
		wantError(t, w.call(t, "EndRun"), port.KindRefused)
		w.checkCounts(t, counts{
			{"token", "200"}: 1, {"run_get", "503"}: 2, {"run_get", "200"}: 1,
			{"run_log", "no_answer"}: 1, {"run_log", "201"}: 1, {"run_log", "422"}: 1,
		})
	})
}

func TestTheRouteOfEachMethod(t *testing.T) {
	eachMethod(t, func(t *testing.T, w *world, m method) {
		if err := m.call(t.Context(), w.client); err != nil {
			t.Fatal(err)
		}
		code := "200"
		if m.route == "run_log" || m.route == "entity_upsert" {
			code = "201"
		}
		w.checkCounts(t, counts{{"token", "200"}: 1, {m.route, code}: 1})
	})
}

func TestTwoClientsNeedTwoRegistries(t *testing.T) {
	o := port.Options{BaseURL: "https://port.example", ClientID: "client", ClientSecret: secret, Registerer: prometheus.NewRegistry()}
	if _, err := port.New(o); err != nil {
		t.Fatal(err)
	}
	if _, err := port.New(o); err == nil {
		t.Error("metrics were registered twice")
	}
}
