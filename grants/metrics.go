package grants

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/iamops"
)

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

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
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
	m.sweepMetrics = newSweepMetrics()
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.inFlight, m.runs, m.duration, m.events, m.unreportable, m.grants, m.overdue, m.sweeps, m.removed,
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// sweepMetrics are the part of the metrics that only the instance that sweeps sets.
type sweepMetrics struct {
	grants  *prometheus.GaugeVec
	overdue prometheus.Gauge
	sweeps  *prometheus.CounterVec
	removed *prometheus.CounterVec
}

func newSweepMetrics() sweepMetrics {
	m := sweepMetrics{
		grants: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "port_iam_grants",
			Help: "Grants by state, as the last sweep of this instance left them; 0 on instances that do not sweep.",
		}, []string{"state"}),
		overdue: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "port_iam_grants_overdue",
			Help: "Grants that still exist long after their end: more than two intervals between sweeps.",
		}),
		sweeps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "port_iam_sweeps_total",
			Help: "Sweeps by result: ok, failed, or stopped by the brake.",
		}, []string{"result"}),
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "port_iam_sweep_removed_total",
			Help: "Grants that sweeps took away, by reason: expired, orphaned, or an interrupted removal.",
		}, []string{"reason"}),
	}
	for _, s := range states {
		m.grants.WithLabelValues(string(s))
	}
	for _, r := range []string{"ok", "failed", "stopped"} {
		m.sweeps.WithLabelValues(r)
	}
	for _, r := range []string{removedExpired, removedOrphaned, removedInterrupted} {
		m.removed.WithLabelValues(r)
	}
	return m
}

func (m *sweepMetrics) noteOverdue(listed map[string]iamops.Listed, overdue time.Time) {
	late := 0
	for _, l := range listed {
		if l.HasRole() && expired(l.Ends, overdue) {
			late++
		}
	}
	m.overdue.Set(float64(late))
}

func (m *sweepMetrics) noteGrants(r Report, overdue time.Time) {
	count := map[State]int{}
	late := 0
	for _, f := range r.Findings {
		if f.Removed {
			continue
		}
		count[f.State]++
		if expired(f.Ends, overdue) {
			late++
		}
	}
	for _, s := range states {
		m.grants.WithLabelValues(string(s)).Set(float64(count[s]))
	}
	m.overdue.Set(float64(late))
}
