package grants

import "github.com/prometheus/client_golang/prometheus"

// Outcomes of a run that this process ended.
const (
	outcomeSucceeded = "succeeded"
	outcomeRefused   = "refused" // the request is not allowed
	outcomeFailed    = "failed"  // we, AWS or Port could not
)

// Reasons of security events.
const (
	eventSignature      = "signature"
	eventUnknownRun     = "unknown_run"
	eventWrongAction    = "wrong_action"
	eventWrongEntity    = "wrong_entity"
	eventWrongRequester = "wrong_requester"
	eventTimestamp      = "timestamp"
	eventForeignObject  = "foreign_object"
)

type metrics struct {
	inFlight     *prometheus.GaugeVec
	runs         *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	events       *prometheus.CounterVec
	unreportable prometheus.Counter
	sweepMetrics
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "port_iam_runs_in_flight",
			Help: "Runs that are being worked on at this moment, by operation.",
		}, []string{"operation"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "port_iam_runs_total",
			Help: "Runs that this process ended, by operation and outcome: succeeded, refused (not allowed) or failed (could not).",
		}, []string{"operation", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "port_iam_run_duration_seconds",
			Help:    "Time from the first attempt at a run to its end, waiting between attempts included.",
			Buckets: []float64{.1, .2, .4, .8, 1.6, 3.2, 6.4, 15, 30, 60, 120, 300, 600, 1200},
		}, []string{"operation", "outcome"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "port_iam_security_events_total",
			Help: "Records that did not fit the run they point at, and objects in the way that are not ours, by reason.",
		}, []string{"reason"}),
		unreportable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "port_iam_unreportable_runs_total",
			Help: "Runs that are open in Port and whose end Port refused.",
		}),
	}
	for _, op := range []string{opGrant, opRevoke, opExpire} {
		m.inFlight.WithLabelValues(op)
		for _, outcome := range []string{outcomeSucceeded, outcomeRefused, outcomeFailed} {
			m.runs.WithLabelValues(op, outcome)
			m.duration.WithLabelValues(op, outcome)
		}
	}
	for _, r := range []string{eventSignature, eventUnknownRun, eventWrongAction, eventWrongEntity, eventWrongRequester, eventTimestamp, eventForeignObject} {
		m.events.WithLabelValues(r)
	}
	m.sweepMetrics = newSweepMetrics(reg)
	reg.MustRegister(m.inFlight, m.runs, m.duration, m.events, m.unreportable)
	return m
}
