package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
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

	mu       sync.Mutex
	facts    []fact
	work     history                 // nil until the daemon is built
	standing func() map[string]error // why each served account is away; nil: it is up
}

// history is the part of grants.Service that the page reads.
type history interface {
	Recent() []grants.Decision
	LastSweep() (grants.Swept, bool)
}

// fact is one line: a name and what is known of it, "" for nothing yet.
type fact struct{ Name, Value string }

func newStatusPage(metrics prometheus.Gatherer, ready *readiness, watch *accountWatch, cfg *config) *statusPage {
	return &statusPage{
		standing: watch.standing,
		metrics:  metrics, ready: ready, details: cfg.serve.details, sweeps: cfg.sweep.interval > 0,
		facts: []fact{
			{"Port", withoutUser(cfg.port.baseURL)},
			{"Organisation", ""},
			{"Kafka topic", ""},
			{"Consumer group", ""},
			{"AWS account", ""},
			{"AWS partition", ""},
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
func (p *statusPage) know(name, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.facts, func(f fact) bool { return f.Name == name }); i >= 0 {
		p.facts[i].Value = value
	}
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
	_, _ = w.Write(escaped(page.Bytes()))
}

// statusView is what the template is given.
type statusView struct {
	Version, At string
	Details     bool
	Problems    []string
	Facts, Now  []fact
	Accounts    []accountView
	Runs        []grants.Decision
	GrantsNote  string
	Grants      []grants.Finding
}

// accountView is a line about a served account.
type accountView struct {
	ID, Away string // why it is away; "": it is up
	Grants   string // by their states, as the last sweep left them
}

// accountViews are the served accounts, those that are away first.
func accountViews(standing map[string]error, swept grants.Swept) []accountView {
	states := map[string]map[grants.State]int{}
	for _, g := range swept.Grants {
		if states[g.Account] == nil {
			states[g.Account] = map[grants.State]int{}
		}
		states[g.Account][g.State]++
	}
	var views []accountView
	for id, away := range standing {
		v := accountView{ID: id}
		if away != nil {
			v.Away = oneLine(away)
		}
		var counted []string
		for _, state := range slices.Sorted(maps.Keys(states[id])) {
			counted = append(counted, fmt.Sprintf("%d %s", states[id][state], state))
		}
		v.Grants = strings.Join(counted, ", ")
		views = append(views, v)
	}
	slices.SortFunc(views, func(a, b accountView) int {
		if (a.Away == "") != (b.Away == "") {
			return strings.Compare(b.Away, a.Away)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return views
}

func (p *statusPage) view(now time.Time) statusView {
	p.mu.Lock()
	facts, work := slices.Clone(p.facts), p.work
	p.mu.Unlock()
	v := statusView{
		Version: version, At: clock(now), Details: p.details,
		Problems: p.ready.problems(), Facts: facts, Now: p.now(),
	}
	var swept grants.Swept
	var ok bool
	if work != nil {
		swept, ok = work.LastSweep()
	}
	v.Accounts = accountViews(p.standing(), swept)
	if work == nil {
		v.GrantsNote = "Not known before the daemon is connected."
		return v
	}
	v.Runs = work.Recent()
	v.Grants, v.GrantsNote = endingFirst(swept)
	switch {
	case !p.sweeps:
		v.GrantsNote = "Not looked at: SWEEP_INTERVAL is 0."
	case !ok:
		v.GrantsNote = "This instance has not swept yet, or another one of the group does."
	}
	return v
}

// endingFirst lists what the last sweep left, what ends first at the top and what
// has no end last.
func endingFirst(s grants.Swept) (list []grants.Finding, note string) {
	never := s.At.AddDate(1000, 0, 0)
	list = slices.SortedFunc(slices.Values(s.Grants), func(a, b grants.Finding) int {
		return cmp.Or(cmp.Or(a.Ends, never).Compare(cmp.Or(b.Ends, never)), strings.Compare(a.Name, b.Name), strings.Compare(a.Account, b.Account))
	})
	note = fmt.Sprintf("%d, as the sweep of %s left them.", len(list), clock(s.At))
	if len(list) > showGrants {
		list = list[:showGrants]
		note += fmt.Sprintf(" The first %d to end are listed.", showGrants)
	}
	return list, note
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// now reads the metrics, so that the page and a dashboard say the same about this
// moment.
func (p *statusPage) now() []fact {
	var inFlight, oldest []fact
	partitions, records, most, where := 0, 0.0, 0.0, ""
	families, _ := p.metrics.Gather() // a collector that fails leaves the others
	for _, f := range families {
		for _, m := range f.GetMetric() {
			value := m.GetGauge().GetValue()
			switch f.GetName() {
			case "port_iam_runs_in_flight":
				inFlight = append(inFlight, fact{"In flight: " + m.GetLabel()[0].GetValue(), fmt.Sprint(value)})
			case "port_iam_oldest_unfinished_seconds":
				age := "none"
				if value > 0 {
					age = (time.Duration(value) * time.Second).String() + " old"
				}
				oldest = append(oldest, fact{"Oldest unfinished record", age})
			case "port_iam_consumer_lag_records":
				partitions++
				records += value
				if value > most {
					most, where = value, fmt.Sprintf(", most in partition %s (%.0f)", m.GetLabel()[0].GetValue(), value)
				}
			}
		}
	}
	behind := "not measured yet, or no partition is held by this instance"
	if partitions > 0 {
		behind = fmt.Sprintf("%.0f in %d partitions%s", records, partitions, where)
	}
	return slices.Concat(inFlight, []fact{{"Records behind", behind}}, oldest)
}
