package consumer

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// result is what became of a record.
type result int

const (
	handled result = iota
	skippedOtherAction
	skippedWorkflow
	skippedChangeLog
	skippedOtherBackend
	malformed
	dropped
	numResults
)

// String is the value of the metric's label.
func (r result) String() string {
	return [numResults]string{
		"handled", "skipped_other_action", "skipped_workflow", "skipped_change_log",
		"skipped_other_backend", "malformed", "dropped",
	}[r]
}

// tally counts records by result.
type tally [numResults]int

type metrics struct {
	records       [numResults]prometheus.Counter
	lag           *prometheus.GaugeVec
	sessionsEnded prometheus.Counter
	commitErrors  prometheus.Counter
}

// newMetrics registers the metrics; oldest is asked at each scrape.
func newMetrics(reg prometheus.Registerer, oldest func() time.Time) (*metrics, error) {
	records := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "port_iam_records_total",
		Help: "Records of the Kafka topic by what became of them.",
	}, []string{"result"})
	m := &metrics{
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "port_iam_consumer_lag_records",
			Help: "Records between the first unfinished one and the end of the partition, for partitions held by this instance.",
		}, []string{keyPartition}),
		sessionsEnded: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "port_iam_consumer_sessions_lost_total",
			Help: "How often a session in the consumer group ended by itself or its partitions were taken away.",
		}),
		commitErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "port_iam_consumer_commit_errors_total",
			Help: "Offset commits that failed; what they held is committed later or delivered again.",
		}),
	}
	for r := range m.records {
		m.records[r] = records.WithLabelValues(result(r).String())
	}
	age := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "port_iam_oldest_unfinished_seconds",
		Help: "Age of the oldest record that was read and is not finished, by its Kafka timestamp; 0 if there is none.",
	}, func() float64 {
		t := oldest()
		if t.IsZero() {
			return 0
		}
		return max(0, time.Since(t).Seconds())
	})
	var errs []error
	for _, c := range []prometheus.Collector{records, m.lag, m.sessionsEnded, m.commitErrors, age} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) count(t tally) {
	for r, n := range t {
		if n > 0 {
			m.records[r].Add(float64(n))
		}
	}
}

func (m *metrics) setLag(partition int32, records int64) {
	m.lag.WithLabelValues(strconv.Itoa(int(partition))).Set(float64(max(0, records)))
}

func (m *metrics) forgetLag(partition int32) {
	m.lag.DeleteLabelValues(strconv.Itoa(int(partition)))
}
