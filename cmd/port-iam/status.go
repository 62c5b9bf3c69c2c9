package main

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/grants"
)

// showGrants is how many grants the page lists, those that end first: an account
// may have thousands.
const showGrants = 200

// statusPage is GET /: what an operator wants to know of this process at a glance.
// It shows no secret, and nothing of requesters unless details is set.
type statusPage struct {
	metrics prometheus.Gatherer
	ready   *readiness
	details bool
	sweeps  bool

	mu    sync.Mutex
	facts []fact
	work  history // nil until the daemon is built
}

// history is the part of grants.Service that the page reads.
type history interface {
	Recent() []grants.Decision
	LastSweep() (grants.Swept, bool)
}

// fact is one line: a name and what is known of it, "" for nothing yet.
type fact struct{ Name, Value string }

// Facts of the page, in their order.
const (
	factPort = iota
	factOrg
	factTopic
	factGroup
	factAccount
	factPartition
)

func newStatusPage(metrics prometheus.Gatherer, ready *readiness, cfg *config) *statusPage {
	return &statusPage{
		metrics: metrics, ready: ready, details: cfg.serve.details, sweeps: cfg.sweep.interval > 0,
		facts: []fact{
			factPort: {"Port", withoutUser(cfg.port.baseURL)}, factOrg: {"Organisation", ""},
			factTopic: {"Kafka topic", ""}, factGroup: {"Consumer group", ""},
			factAccount: {"AWS account", ""}, factPartition: {"AWS partition", ""},
		},
	}
}

// withoutUser drops what may be a password in a URL.
func withoutUser(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// know notes a fact once it is known.
func (p *statusPage) know(fact int, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.facts[fact].Value = value
}

// follow shows the runs and grants of a service from now on.
func (p *statusPage) follow(h history) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.work = h
}

// ServeHTTP writes the page.
func (p *statusPage) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	var page bytes.Buffer
	if err := statusTemplate.Execute(&page, p.view(time.Now())); err != nil {
		http.Error(w, "the status page cannot be made", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", statusPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(page.Bytes())
}

// statusView is what the template is given.
type statusView struct {
	Version, At string
	Details     bool
	Problems    []string
	Facts, Now  []fact
	Runs        []runView
	GrantsNote  string
	Grants      []grantView
}

type runView struct{ Ended, Operation, Outcome, Took, Grant, Requester, Resource, Reason string }

type grantView struct{ Name, State, Left, Ends string }

func (p *statusPage) view(now time.Time) statusView {
	p.mu.Lock()
	facts, work := slices.Clone(p.facts), p.work
	p.mu.Unlock()
	v := statusView{
		Version: version, At: clock(now), Details: p.details,
		Problems: p.ready.problems(), Facts: facts, Now: p.now(),
	}
	if work == nil {
		v.GrantsNote = "Not known before the daemon is connected."
		return v
	}
	for _, e := range work.Recent() {
		v.Runs = append(v.Runs, p.run(e))
	}
	swept, ok := work.LastSweep()
	v.Grants, v.GrantsNote = grantViews(swept, now)
	switch {
	case !p.sweeps:
		v.GrantsNote = "Not looked at: SWEEP_INTERVAL is 0."
	case !ok:
		v.GrantsNote = "This instance has not swept yet, or another one of the group does."
	}
	return v
}

func (p *statusPage) run(e grants.Decision) runView {
	v := runView{
		Ended: clock(e.At), Operation: e.Operation, Outcome: e.Outcome, Took: e.Took.Round(time.Millisecond).String(),
		Grant: e.Grant, Reason: e.Summary,
	}
	if p.details {
		v.Requester, v.Resource, v.Reason = e.Requester, e.Resource, e.Reason
	}
	return v
}

// grantViews lists what the last sweep left, what ends first at the top and what
// has no end last.
func grantViews(s grants.Swept, now time.Time) (views []grantView, note string) {
	list := slices.Clone(s.Grants)
	slices.SortFunc(list, func(a, b grants.Finding) int {
		if a.Ends.IsZero() != b.Ends.IsZero() {
			return map[bool]int{true: 1, false: -1}[a.Ends.IsZero()]
		}
		return cmp.Or(a.Ends.Compare(b.Ends), strings.Compare(a.Name, b.Name))
	})
	note = fmt.Sprintf("%d, as the sweep of %s left them.", len(list), clock(s.At))
	if len(list) > showGrants {
		list = list[:showGrants]
		note += fmt.Sprintf(" The first %d to end are listed.", showGrants)
	}
	for _, f := range list {
		v := grantView{Name: f.Name, State: string(f.State), Left: "–", Ends: "when revoked"}
		if !f.Ends.IsZero() {
			v.Left, v.Ends = left(f.Ends.Sub(now)), clock(f.Ends)
		}
		views = append(views, v)
	}
	return views, note
}

// left is the time until an end, for people.
func left(d time.Duration) string {
	switch {
	case d <= 0:
		return "over"
	case d < time.Minute:
		return "less than 1 min"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// now reads the metrics, so that the page and a dashboard say the same about this
// moment.
func (p *statusPage) now() []fact {
	values := p.gauges("port_iam_runs_in_flight", "port_iam_consumer_lag_records", "port_iam_oldest_unfinished_seconds")
	var out []fact
	for _, op := range values["port_iam_runs_in_flight"] {
		out = append(out, fact{"In flight: " + op.label, fmt.Sprintf("%.0f", op.value)})
	}
	behind := fact{"Records behind", "not measured yet, or no partition is held by this instance"}
	if lags := values["port_iam_consumer_lag_records"]; len(lags) > 0 {
		sum, most := 0.0, lags[0]
		for _, l := range lags {
			sum += l.value
			if l.value > most.value {
				most = l
			}
		}
		behind.Value = fmt.Sprintf("%.0f in %d partitions", sum, len(lags))
		if most.value > 0 {
			behind.Value += fmt.Sprintf(", most in partition %s (%.0f)", most.label, most.value)
		}
	}
	out = append(out, behind)
	for _, age := range values["port_iam_oldest_unfinished_seconds"] {
		text := "none"
		if age.value > 0 {
			text = (time.Duration(age.value) * time.Second).String() + " old"
		}
		out = append(out, fact{"Oldest unfinished record", text})
	}
	return out
}

// gauge is a value and its only label.
type gauge struct {
	label string
	value float64
}

func (p *statusPage) gauges(names ...string) map[string][]gauge {
	out := map[string][]gauge{}
	// A collector that fails leaves the others.
	families, _ := p.metrics.Gather()
	for _, f := range families {
		if !slices.Contains(names, f.GetName()) {
			continue
		}
		for _, m := range f.GetMetric() {
			g := gauge{value: m.GetGauge().GetValue()}
			if labels := m.GetLabel(); len(labels) > 0 {
				g.label = labels[0].GetValue()
			}
			out[f.GetName()] = append(out[f.GetName()], g)
		}
	}
	return out
}
