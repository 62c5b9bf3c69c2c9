package consumer

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"port-iam/port"
)

var ownMetrics = []string{
	"port_iam_records_total", "port_iam_consumer_lag_records", "port_iam_oldest_unfinished_seconds",
	"port_iam_consumer_sessions_lost_total", "port_iam_consumer_commit_errors_total",
	"port_iam_consumer_commits_below_start_total",
}

// gauge returns a gauge with the value that the named metric without labels has now.
func gauge(t *testing.T, r *running, name string) prometheus.Gauge {
	t.Helper()
	families, err := r.opts.Registerer.(*prometheus.Registry).Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "copy"})
			g.Set(f.GetMetric()[0].GetGauge().GetValue())
			return g
		}
	}
	t.Fatalf("no metric %s", name)
	return nil
}

func TestMetricsExistFromTheStart(t *testing.T) {
	reg := prometheus.NewRegistry()
	if _, err := New(validOptions(reg)); err != nil {
		t.Fatal(err)
	}
	want := `
# HELP port_iam_consumer_commits_below_start_total Partitions whose commit lay before the beginning of the log, so that records were deleted before they were read.
# TYPE port_iam_consumer_commits_below_start_total counter
port_iam_consumer_commits_below_start_total 0
# HELP port_iam_consumer_commit_errors_total Offset commits that failed; what they held is committed later or delivered again.
# TYPE port_iam_consumer_commit_errors_total counter
port_iam_consumer_commit_errors_total 0
# HELP port_iam_consumer_sessions_lost_total How often a session in the consumer group ended by itself or its partitions were taken away.
# TYPE port_iam_consumer_sessions_lost_total counter
port_iam_consumer_sessions_lost_total 0
# HELP port_iam_oldest_unfinished_seconds Age of the oldest record that was read and is not finished, by its Kafka timestamp; 0 if there is none.
# TYPE port_iam_oldest_unfinished_seconds gauge
port_iam_oldest_unfinished_seconds 0
# HELP port_iam_records_total Records of the Kafka topic by what became of them.
# TYPE port_iam_records_total counter
port_iam_records_total{result="dropped"} 0
port_iam_records_total{result="handled"} 0
port_iam_records_total{result="malformed"} 0
port_iam_records_total{result="skipped_change_log"} 0
port_iam_records_total{result="skipped_other_action"} 0
port_iam_records_total{result="skipped_other_backend"} 0
port_iam_records_total{result="skipped_workflow"} 0
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), ownMetrics...); err != nil {
		t.Error(err)
	}
	if _, err := New(validOptions(reg)); err == nil {
		t.Error("the same metrics were registered twice")
	}
}

func TestLag(t *testing.T) {
	inBubble(t, 3, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 50)...)
		w.produce(t, 1, runs("b", 7)...)
		stuck := make(gate)
		l := newLedger()
		o := w.options(func(rec port.Record) Job {
			if strings.HasPrefix(rec.RunID, "a") && rec.RunID != "a0" && rec.RunID != "a1" {
				return l.job(rec, stuck.wait)
			}
			return l.job(rec, nil)
		})
		r := start(t, o)
		reg := o.Registerer.(*prometheus.Registry)
		lags := func(want string) func() bool {
			return func() bool {
				return testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP port_iam_consumer_lag_records Records between the first unfinished one and the end of the partition, for partitions held by this instance.
# TYPE port_iam_consumer_lag_records gauge
`+want), "port_iam_consumer_lag_records") == nil
			}
		}
		after(2 * watchInterval)
		eventually(t, is("lag of a stuck partition"), lags(`port_iam_consumer_lag_records{partition="0"} 48
port_iam_consumer_lag_records{partition="1"} 0
port_iam_consumer_lag_records{partition="2"} 0
`))
		problems, err := testutil.GatherAndLint(reg, ownMetrics...)
		if err != nil || len(problems) > 0 {
			t.Errorf("lint: %v %v", problems, err)
		}
		if n, _ := testutil.GatherAndCount(reg, "port_iam_kafka_connects_total"); n == 0 {
			t.Error("the metrics of the client are missing")
		}
		close(stuck)
		l.await(t, 57)
		after(2 * watchInterval)
		eventually(t, is("no lag"), lags(`port_iam_consumer_lag_records{partition="0"} 0
port_iam_consumer_lag_records{partition="1"} 0
port_iam_consumer_lag_records{partition="2"} 0
`))
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		if n, _ := testutil.GatherAndCount(reg, "port_iam_consumer_lag_records"); n != 0 {
			t.Errorf("%d lags after the stop", n)
		}
	})
}

// TestLagBeforeTheFirstRecord: a partition counts from its commit, or from the
// start of its log, before anything of it is finished.
func TestLagBeforeTheFirstRecord(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, w *world) {
		w.produce(t, 0, runs("a", 50)...)
		w.produce(t, 1, runs("b", 9)...)
		w.commit(t, 20)
		stuck := make(gate)
		l := newLedger()
		r := start(t, w.options(func(rec port.Record) Job { return l.job(rec, stuck.wait) }))
		after(2 * watchInterval)
		for p, want := range []float64{30, 9} {
			if got := testutil.ToFloat64(r.metrics.lag.WithLabelValues(string(rune('0' + p)))); got != want {
				t.Errorf("partition %d lags by %v, want %v", p, got, want)
			}
		}
		after(time.Second)
	})
}
