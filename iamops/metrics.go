package iamops

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// newMetrics registers the metrics unless reg is nil.
func newMetrics(reg prometheus.Registerer, c *common) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "port_iam_aws_requests_total",
			Help: "Requests to AWS, every attempt counted, by operation and by AWS's error code, ok, other or no_answer.",
		}, []string{"operation", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "port_iam_aws_request_duration_seconds",
			Help:    "How long one attempt of a request to AWS took, by operation.",
			Buckets: []float64{.025, .05, .1, .2, .4, .8, 1.6, 3.2, 10},
		}, []string{"operation"}),
	}
	known := append(slices.Sorted(maps.Keys(codes)), "ok", "other", "no_answer")
	for _, op := range slices.Concat(operations(), storeOperations, []string{"AssumeRole", "GetCallerIdentity"}) {
		m.duration.WithLabelValues(op)
		for _, code := range known {
			m.requests.WithLabelValues(op, code)
		}
	}
	if reg == nil {
		return m, nil
	}
	skew := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "port_iam_clock_skew_seconds",
		Help: "How far the local clock is ahead of AWS's, from the Date of its last answer; 0 before the first.",
	}, func() float64 {
		d, _ := c.ClockSkew()
		return d.Seconds()
	})
	return m, errors.Join(reg.Register(m.requests), reg.Register(m.duration), reg.Register(skew))
}

func (m *metrics) observe(op string, took time.Duration, err error) {
	m.requests.WithLabelValues(op, codeOf(err)).Inc()
	m.duration.WithLabelValues(op).Observe(took.Seconds())
}
