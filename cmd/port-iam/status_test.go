package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/grants"
)

const (
	hostile  = `<script src="https://evil.example/x.js"></script>"onload='x'`
	requests = "Mallory@Example.com"
	bucket   = "arn:aws:s3:::payroll"
)

// fakeHistory is a service that has seen something.
type fakeHistory struct{}

func (fakeHistory) Recent() []grants.Decision {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return []grants.Decision{
		{
			At: at, Operation: "grant", Outcome: "refused", Account: upAccount, Grant: "Permission-r_1", Took: 1234567 * time.Microsecond,
			Summary:   "the requester cannot be a user name in AWS",
			Reason:    `requester: "mallory@example.com" may not have ` + bucket + " " + hostile,
			Requester: requests, Resource: bucket,
		},
		{At: at, Operation: "revoke", Outcome: "succeeded", Grant: hostile, Requester: hostile},
	}
}

func (fakeHistory) LastSweep() (grants.Swept, bool) {
	now := time.Now()
	return grants.Swept{At: now, Grants: []grants.Finding{
		{Account: upAccount, Name: "Permission-forever", State: grants.StateActive},
		{Account: upAccount, Name: "Permission-late", State: grants.StateActive, Ends: now.Add(3*time.Hour + 90*time.Second)},
		{Account: upAccount, Name: "Permission-soon", State: grants.StateExpired, Ends: now.Add(-time.Second), Why: requests},
	}}, true
}

const (
	upAccount   = "111111111111"
	awayAccount = "999999999999"
)

// testWatch knows an account that is up, and one that is not.
func testWatch() *accountWatch {
	w := newAccountWatch(prometheus.NewRegistry(), []string{upAccount, awayAccount})
	w.note(upAccount, nil)
	w.note(awayAccount, errors.New("its role\ncannot be assumed "+hostile))
	return w
}

// testPage is the page of a daemon that is ready but for what is given.
func testPage(t *testing.T, details bool, problem error) *statusPage {
	t.Helper()
	reg := prometheus.NewRegistry()
	ready := newReadiness(reg, needPort)
	ready.set(needPort, problem)
	cfg := &config{}
	cfg.serve.details, cfg.sweep.interval = details, time.Minute
	cfg.port.baseURL = "https://user:hunter2@api.port.io/sub?token=hunter2"
	p := newStatusPage(reg, ready, testWatch(), cfg)
	p.know("Organisation", "org_of_a_moment_ago")
	p.know("Organisation", "org_demo")
	p.know("A fact that the page does not have", "x")
	p.follow(fakeHistory{})

	inFlight := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "port_iam_runs_in_flight"}, []string{"operation"})
	inFlight.WithLabelValues("grant").Set(3)
	inFlight.WithLabelValues("revoke").Set(0)
	lag := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "port_iam_consumer_lag_records"}, []string{"partition"})
	lag.WithLabelValues("0").Set(2)
	lag.WithLabelValues("5").Set(40)
	oldest := prometheus.NewGauge(prometheus.GaugeOpts{Name: "port_iam_oldest_unfinished_seconds"})
	oldest.Set(75)
	reg.MustRegister(inFlight, lag, oldest)
	return p
}

// show asks for the page as the daemon serves it.
func show(t *testing.T, p *statusPage, method, path string) (*httptest.ResponseRecorder, string) {
	t.Helper()
	mux := handler(prometheus.NewRegistry(), p.ready, &liveness{})
	mux.Handle("GET /{$}", p)
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest(method, path, nil))
	return rec, rec.Body.String()
}

func wantParts(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q:\n%s", part, page)
		}
	}
}

func TestStatusShows(t *testing.T) {
	t.Parallel()
	resp, page := show(t, testPage(t, false, nil), http.MethodGet, "/")
	if resp.Code != http.StatusOK {
		t.Errorf("status %d", resp.Code)
	}
	wantParts(
		t, page, "<title>port-iam: ready</title>", "https://api.port.io/sub", "org_demo", "not known yet",
		"In flight: grant</th><td>3<", "42 in 2 partitions, most in partition 5 (40)", "1m15s old",
		"2026-01-02 03:04:05", "refused", "Permission-r_1", "1.235s", "the requester cannot be",
		"3, as the sweep of", "3h1m", "over", "when revoked",
	)
	if soon, late, forever := strings.Index(page, "Permission-soon"), strings.Index(page, "Permission-late"), strings.Index(page, "Permission-forever"); soon > late || late > forever {
		t.Error("grants are not listed by their end")
	}
	if parts := regexp.MustCompile(`In flight: grant<(?s:.*)In flight: revoke<(?s:.*)Records behind<(?s:.*)Oldest unfinished record<`); !parts.MatchString(page) {
		t.Errorf("what is true at this moment is in another order:\n%s", page)
	}
	_, page = show(t, testPage(t, false, errors.New("HTTP 401 "+hostile)), http.MethodGet, "/")
	wantParts(t, page, "<title>port-iam: not ready</title>", "port: HTTP 401 &lt;script")
}

// TestStatusAccounts: which are up, those that are not first, and what grants each has.
func TestStatusAccounts(t *testing.T) {
	t.Parallel()
	_, page := show(t, testPage(t, false, nil), http.MethodGet, "/")
	wantParts(
		t, page, awayAccount+"</td><td>away: its role cannot be assumed &lt;script", upAccount+"</td><td>up</td><td>2 active, 1 expired<",
		"<td class=\"tight\">"+upAccount+"</td><td>Permission-soon", "<td class=\"tight\">"+upAccount+"</td><td>Permission-r_1",
	)
	if strings.Index(page, awayAccount) > strings.Index(page, upAccount) {
		t.Error("the account that is away is not at the top")
	}
	reg := prometheus.NewRegistry()
	_, page = show(t, newStatusPage(reg, newReadiness(reg), newAccountWatch(reg, nil), &config{}), http.MethodGet, "/")
	if strings.Contains(page, "Accounts") {
		t.Error("accounts are shown before one is known")
	}
}

// TestStatusHeaders: nothing may be loaded or run, and the style that the policy
// lets through is the page's.
func TestStatusHeaders(t *testing.T) {
	t.Parallel()
	resp, page := show(t, testPage(t, true, nil), http.MethodGet, "/")
	for name, want := range map[string]string{
		"Content-Type":           "text/html; charset=utf-8",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
		"Cache-Control":          "no-store",
	} {
		if got := resp.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	policy := resp.Header().Get("Content-Security-Policy")
	wantParts(t, policy, "default-src 'none'; style-src 'sha256-", "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") || strings.Contains(policy, "http") {
		t.Errorf("the policy is not strict: %s", policy)
	}
	if !strings.Contains(page, "<style>"+statusStyle+"</style>") {
		t.Error("the style is not the one that the policy names")
	}
}

// TestStatusEscapes: hostile names stay text, and nothing on the page leads
// elsewhere.
func TestStatusEscapes(t *testing.T) {
	t.Parallel()
	for _, details := range []bool{false, true} {
		_, page := show(t, testPage(t, details, errors.New(hostile)), http.MethodGet, "/")
		if tag := regexp.MustCompile(`(?i)<(script|img|iframe|link|a|form|object|embed|base|svg)\b|\bstyle=|\son\w+=['"]`).FindString(page); tag != "" {
			t.Errorf("details %v: the page has %s:\n%s", details, tag, page)
		}
		wantParts(t, page, "&lt;script src=")
	}
}

// TestStatusDetails: who asked for what is shown only where it is asked for, and
// a password never is.
func TestStatusDetails(t *testing.T) {
	t.Parallel()
	_, plain := show(t, testPage(t, false, nil), http.MethodGet, "/")
	for _, part := range []string{"mallory", "payroll", "hunter2", "user:"} {
		if strings.Contains(strings.ToLower(plain), part) {
			t.Errorf("without details the page holds %q:\n%s", part, plain)
		}
	}
	wantParts(t, plain, "the requester cannot be a user name in AWS")
	_, full := show(t, testPage(t, true, nil), http.MethodGet, "/")
	wantParts(t, full, requests, bucket, "mallory@example.com")
	if strings.Contains(full, "hunter2") {
		t.Errorf("the page holds a password:\n%s", full)
	}
}

// TestStatusPath: only the path itself, and only to read.
func TestStatusPath(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]int{
		"GET /": http.StatusOK, "HEAD /": http.StatusOK, "GET /?x=1": http.StatusOK,
		"POST /": http.StatusMethodNotAllowed, "GET /index.html": http.StatusNotFound, "GET /favicon.ico": http.StatusNotFound,
		"GET /metrics": http.StatusOK,
	} {
		method, path, _ := strings.Cut(request, " ")
		if resp, _ := show(t, testPage(t, false, nil), method, path); resp.Code != want {
			t.Errorf("%s: %d, want %d", request, resp.Code, want)
		}
	}
}

// TestStatusBeforeBuilt: a daemon that waits for Port says so and shows no more
// than it knows.
func TestStatusBeforeBuilt(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	p := newStatusPage(reg, newReadiness(reg, needPort, needAWS), newAccountWatch(reg, nil), &config{})
	_, page := show(t, p, http.MethodGet, "/")
	wantParts(t, page, "Not ready", "port: not reached yet", "aws: not reached yet", "Not known before the daemon is connected", "None since it was started")
}

// TestStatusManyGrants: the page stays of a size that can be looked at.
func TestStatusManyGrants(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := grants.Swept{At: now}
	for i := range 1000 {
		s.Grants = append(s.Grants, grants.Finding{Name: fmt.Sprint("Permission-", i), Ends: now.Add(time.Duration(i) * time.Minute)})
	}
	views, note := endingFirst(s)
	if len(views) != showGrants || views[0].Name != "Permission-0" || !strings.Contains(note, "1000, as") || !strings.Contains(note, "first 200") {
		t.Errorf("%d grants are listed from %s, note %q", len(views), views[0].Name, note)
	}
}

func TestTimeLeft(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "over", 0: "over", 59 * time.Second: "less than 1m", time.Minute: "1m",
		59*time.Minute + 59*time.Second: "59m", time.Hour: "1h0m", 25*time.Hour + 5*time.Minute: "25h5m",
	} {
		if got := timeLeft(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
