package iamops_test

import (
	"errors"
	"net/http"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// requests returns how often each operation met each code, by "operation code".
func requests(t *testing.T, reg *prometheus.Registry) map[string]int {
	t.Helper()
	families, err := reg.Gather()
	noError(t, err)
	all := map[string]int{}
	for _, f := range families {
		if f.GetName() != "port_iam_aws_requests_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			all[labels["operation"]+" "+labels["code"]] = int(m.GetCounter().GetValue())
		}
	}
	return all
}

// TestMetricsFromTheStart checks that every operation that is ever called has its
// label sets at 0 before it is: a rate has to begin somewhere.
func TestMetricsFromTheStart(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	newClients(t, awsConfig("http://iam.invalid", nil), reg)
	problems, err := testutil.GatherAndLint(reg)
	noError(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	got := requests(t, reg)
	operations := []string{"AssumeRole", "DescribeUser", "GetCallerIdentity", "GetUserId"}
	for m := range reflect.TypeFor[iamops.API]().Fields() {
		operations = append(operations, m.Name)
	}
	for _, op := range operations {
		for _, code := range []string{"ok", "other", "no_answer", "NoSuchEntity", "Throttling", "AccessDenied"} {
			if n, ok := got[op+" "+code]; !ok || n != 0 {
				t.Errorf("%s %s: %d, %v, want 0 from the start", op, code, n, ok)
			}
		}
	}
	if n, err := testutil.GatherAndCount(reg, "port_iam_aws_request_duration_seconds"); err != nil || n != len(operations) {
		t.Errorf("durations of %d operations, want %d (%v)", n, len(operations), err)
	}
	if n, err := testutil.GatherAndCount(reg, "port_iam_clock_skew_seconds"); err != nil || n != 1 {
		t.Errorf("%d clocks (%v)", n, err)
	}
}

// TestMetricsTwice checks that a second registration is an error.
func TestMetricsTwice(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	newClients(t, awsConfig("http://iam.invalid", nil), reg)
	if _, err := iamops.NewClients(awsConfig("http://iam.invalid", nil), reg); !errors.As(err, new(prometheus.AlreadyRegisteredError)) {
		t.Errorf("error %v", err)
	}
}

// TestMetricsCount checks that each attempt counts, under a code that cannot be
// just anything.
func TestMetricsCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{})
		reg := prometheus.NewRegistry()
		clients := newClients(t, w.config, reg)
		ops, err := iamops.New(options(t, clients.IAM))
		noError(t, err)
		before := requests(t, reg)
		p := w.plan(t)
		w.fake.Fault(iamtest.Fault{Op: "CreatePolicy", Code: "Throttling"})
		w.fake.Fault(iamtest.Fault{Op: "CreatePolicy", Kind: iamtest.LostAnswer})
		w.fake.Fault(iamtest.Fault{Op: "DeletePolicy", Code: "MadeUpByTheServer", Status: http.StatusConflict})
		noError(t, ops.CreatePolicy(t.Context(), p))
		state, err := ops.Look(t.Context(), p.Name)
		noError(t, err)
		wantKind(t, "DeletePolicy", iamops.KindUnavailable, ops.DeletePolicy(t.Context(), state))
		_, err = clients.Identity(t.Context())
		noError(t, err)

		got := requests(t, reg)
		for k, v := range got {
			if v == before[k] {
				delete(got, k)
			}
		}
		want := map[string]int{
			"CreatePolicy Throttling": 1, "CreatePolicy no_answer": 1, "CreatePolicy EntityAlreadyExists": 1,
			"GetPolicy ok": 2, "GetPolicyVersion ok": 1, "GetRole NoSuchEntity": 1, "ListPolicyVersions ok": 1,
			"DeletePolicy other": 1, "GetCallerIdentity ok": 1,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestMetricsClock checks that the gauge follows the last answer.
func TestMetricsClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFake(t, iamtest.Options{})
		reg := prometheus.NewRegistry()
		clients := newClients(t, w.config, reg)
		gauge := func() float64 {
			families, err := reg.Gather()
			noError(t, err)
			for _, f := range families {
				if f.GetName() == "port_iam_clock_skew_seconds" {
					return f.GetMetric()[0].GetGauge().GetValue()
				}
			}
			t.Fatal("no gauge")
			return 0
		}
		if gauge() != 0 {
			t.Errorf("%v before the first answer", gauge())
		}
		w.fake.SetClockSkew(-90 * time.Second)
		_, err := clients.Identity(t.Context())
		noError(t, err)
		if gauge() != 90 {
			t.Errorf("%v, want 90", gauge())
		}
	})
}
