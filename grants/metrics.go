package grants

import (
	"errors"
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
	cut          prometheus.Histogram
	auditErrors  prometheus.Counter

	// Only the instance that sweeps sets these.
	grants  *prometheus.GaugeVec
	overdue *prometheus.GaugeVec
	sweeps  *prometheus.CounterVec
	removed *prometheus.CounterVec
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

// newMetrics registers the metrics unless reg is nil.
func newMetrics(reg prometheus.Registerer, accounts []*account) (*metrics, error) {
	m := &metrics{
		inFlight: gauges("port_iam_runs_in_flight",
			"Runs that are being worked on at this moment, by operation.", "operation"),
		runs: counters("port_iam_runs_total",
			"Runs that this process ended, by account (empty where it was not known), operation and outcome: succeeded, refused (not allowed) or failed (could not).",
			"account", "operation", "outcome"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "port_iam_run_duration_seconds",
			Help:    "Time from the first attempt at a run to its end, waiting between attempts included.",
			Buckets: []float64{.1, .2, .4, .8, 1.6, 3.2, 6.4, 15, 30, 60, 120, 300, 600, 1200},
		}, []string{"operation", "outcome"}),
		events: counters("port_iam_security_events_total",
			"Records that did not fit the run they point at, and objects in the way that are not ours, by reason.", "reason"),
		unreportable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "port_iam_unreportable_runs_total",
			Help: "Runs that are open in Port and whose end Port refused.",
		}),
		auditErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "port_iam_audit_errors_total",
			Help: "Audit events that could not be written, or not in time.",
		}),
		cut: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "port_iam_cut_duration_seconds",
			Help:    "Time from the record of a revocation or an expiry to the moment at which the access was cut.",
			Buckets: []float64{.1, .25, .5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 900},
		}),
		grants: gauges("port_iam_grants",
			"Grants by account and state, as the last sweep of this instance left them; 0 on instances that do not sweep, absent where the account could not be asked.",
			"account", "state"),
		overdue: gauges("port_iam_grants_overdue",
			"Grants that still exist long after their end, by account: more than two intervals between sweeps.", "account"),
		sweeps: counters("port_iam_sweeps_total",
			"Sweeps by result: ok, failed, or stopped by the brake.", "result"),
		removed: counters("port_iam_sweep_removed_total",
			"Grants that sweeps took away, by reason: expired, orphaned, or an interrupted removal.", "reason"),
	}
	m.zero(accounts)
	var errs []error
	for _, c := range []prometheus.Collector{
		m.inFlight, m.runs, m.duration, m.events, m.unreportable, m.auditErrors, m.cut, m.grants, m.overdue, m.sweeps, m.removed,
	} {
		if reg != nil {
			errs = append(errs, reg.Register(c))
		}
	}
	return m, errors.Join(errs...)
}

// zero shows what has not happened yet as 0.
func (m *metrics) zero(accounts []*account) {
	for _, op := range []string{opGrant, opRevoke, opExpire} {
		m.inFlight.WithLabelValues(op)
		for _, outcome := range []string{outcomeSucceeded, outcomeRefused, outcomeFailed} {
			m.runs.WithLabelValues("", op, outcome)
			for _, a := range accounts {
				m.runs.WithLabelValues(a.id, op, outcome)
			}
			m.duration.WithLabelValues(op, outcome)
		}
	}
	for counter, values := range map[*prometheus.CounterVec][]string{
		m.events: {
			eventSignature, eventUnknownRun, eventWrongAction, eventWrongEntity, eventWrongRequester, eventTimestamp, eventForeignObject,
		},
		m.sweeps:  {"ok", "failed", "stopped"},
		m.removed: {removedExpired, removedOrphaned, removedInterrupted},
	} {
		for _, v := range values {
			counter.WithLabelValues(v)
		}
	}
	for _, a := range accounts {
		m.noteGrants(a.id, nil, time.Time{})
	}
}

func (m *metrics) noteOverdue(account string, listed map[string]iamops.Listed, overdue time.Time) {
	late := 0
	for _, l := range listed {
		if l.HasRole() && expired(l.Ends, overdue) {
			late++
		}
	}
	m.overdue.WithLabelValues(account).Set(float64(late))
}

// noteGrants counts what a sweep left in an account.
func (m *metrics) noteGrants(account string, left []Finding, overdue time.Time) {
	count := map[State]int{}
	late := 0
	for _, f := range left {
		count[f.State]++
		if expired(f.Ends, overdue) {
			late++
		}
	}
	for _, s := range states {
		m.grants.WithLabelValues(account, string(s)).Set(float64(count[s]))
	}
	m.overdue.WithLabelValues(account).Set(float64(late))
}

// forgetGrants is for an account of which nothing is known at present.
func (m *metrics) forgetGrants(account string) {
	m.grants.DeletePartialMatch(prometheus.Labels{"account": account})
	m.overdue.DeletePartialMatch(prometheus.Labels{"account": account})
}
