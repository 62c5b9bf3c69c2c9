package consumer

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// result is what became of a record.
type result string

const (
	handled             result = "handled"
	skippedOtherAction  result = "skipped_other_action"
	skippedWorkflow     result = "skipped_workflow"
	skippedChangeLog    result = "skipped_change_log"
	skippedOtherBackend result = "skipped_other_backend"
	malformed           result = "malformed"
	dropped             result = "dropped"
)

type metrics struct {
	records       *prometheus.CounterVec
	lag           *prometheus.GaugeVec
	sessionsEnded prometheus.Counter
	commitErrors  prometheus.Counter
	belowStart    prometheus.Counter
}

// newMetrics registers the metrics; oldest is asked at each scrape.
func newMetrics(reg prometheus.Registerer, oldest func() time.Time) (*metrics, error) {
	m := &metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "port_iam_records_total",
			Help: "Records of the Kafka topic by what became of them.",
		}, []string{"result"}),
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
		belowStart: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "port_iam_consumer_commits_below_start_total",
			Help: "Partitions whose commit lay before the beginning of the log, so that records were deleted before they were read.",
		}),
	}
	for _, r := range []result{
		handled, skippedOtherAction, skippedWorkflow, skippedChangeLog, skippedOtherBackend, malformed, dropped,
	} {
		m.records.WithLabelValues(string(r))
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
	for _, c := range []prometheus.Collector{m.records, m.lag, m.sessionsEnded, m.commitErrors, m.belowStart, age} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) count(r result) { m.records.WithLabelValues(string(r)).Inc() }

func (m *metrics) setLag(partition int32, records int64) {
	m.lag.WithLabelValues(strconv.Itoa(int(partition))).Set(float64(max(0, records)))
}

func (m *metrics) forgetLag(partition int32) {
	m.lag.DeleteLabelValues(strconv.Itoa(int(partition)))
}
