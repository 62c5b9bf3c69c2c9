package pages_test

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"port-iam/internal/demo/pages"
	"port-iam/port"
	"port-iam/port/porttest"
)

const (
	account = "123456789012"
	bucket  = porttest.SampleBucket
	hostile = `<img src=x onerror=alert(1)>"'</script>`
)

// site is the page of an organisation, and a browser in front of it that follows
// no redirect.
type site struct {
	t    *testing.T
	port *porttest.Server
	url  string
}

func newSite(t *testing.T) *site {
	t.Helper()
	server := porttest.New(porttest.Options{})
	server.GuideModel()
	server.GuideSamples(account)
	base, stop, err := pages.Start(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return &site{t, server, strings.TrimSuffix(base, "/")}
}

// answer is what comes back in addition to the text.
type answer struct {
	Status     string
	StatusCode int
	Header     http.Header
}

func (s *site) do(method, path string, form url.Values, change ...func(*http.Request)) (answer, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range change {
		c(req)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.Status, resp.StatusCode, resp.Header}, string(text)
}

// get wants a page with these parts.
func (s *site) get(path string, parts ...string) string {
	s.t.Helper()
	resp, text := s.do(http.MethodGet, path, nil)
	if resp.StatusCode != http.StatusOK {
		s.t.Errorf("GET %s: %s", path, resp.Status)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			s.t.Errorf("GET %s lacks %q:\n%s", path, part, text)
		}
	}
	return text
}

// post wants to be led on, and returns where to.
func (s *site) post(path string, form url.Values) string {
	s.t.Helper()
	resp, text := s.do(http.MethodPost, path, form)
	if resp.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("POST %s: %s\n%s", path, resp.Status, text)
	}
	return resp.Header.Get("Location")
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/", "/page.js", "/page.css", "/nothing", "/runs/r_none"} {
		resp, _ := s.do(http.MethodGet, path, nil)
		policy := resp.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; script-src 'self';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", path, resp.Header)
		}
	}
}

// TestForm: only permissions of the resource's type are offered, and only they
// are taken.
func TestForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.get("/request?resource="+url.QueryEscape(bucket), "s3:PutObject", "s3:GetObject", bucket)
	if strings.Contains(page, "ec2:") {
		t.Error("a bucket's form offers permissions of EC2")
	}
	for name, form := range map[string]url.Values{
		"another type":  {"resource": {bucket}, "permissions": {"ec2:StopInstances"}},
		"none":          {"resource": {bucket}},
		"unknown":       {"resource": {bucket}, "permissions": {"s3:Everything"}},
		"no resource":   {"permissions": {"s3:PutObject"}},
		"too much text": {"resource": {bucket}, "permissions": {"s3:PutObject"}, "reason": {strings.Repeat("x", 100_000)}},
	} {
		if resp, _ := s.do(http.MethodPost, "/request", form); resp.StatusCode < 400 || resp.StatusCode > 499 {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if runs := s.port.Runs(); len(runs) != 0 {
		t.Errorf("%d runs were started by wrong forms", len(runs))
	}
}

// TestTyped: what was typed survives what is wrong with it, and a request that came to
// nothing.
func TestTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	wants := func(path, page string) {
		t.Helper()
		for _, part := range []string{`value="s3:GetObject" checked`, `name="duration" value="1&#43;h"`, ">a &amp; b</textarea>"} {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks %s:\n%s", path, part, page)
			}
		}
		if strings.Contains(page, `value="s3:PutObject" checked`) {
			t.Errorf("%s has chosen another permission:\n%s", path, page)
		}
	}
	typed := url.Values{"resource": {bucket}, "permissions": {"s3:GetObject", "ec2:StopInstances"}, "duration": {"1+h"}, "reason": {"a & b"}}
	resp, page := s.do(http.MethodPost, "/request", typed)
	if resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, `role="alert"`) {
		t.Errorf("%s:\n%s", resp.Status, page)
	}
	wants("/request", page)
	typed["permissions"] = typed["permissions"][:1]
	s.post("/approval", url.Values{"on": {"true"}})
	at := s.post("/request", typed)
	if page := s.get(at); strings.Contains(page, `id="again"`) {
		t.Errorf("a run that waits can be asked for again:\n%s", page)
	}
	if err := s.port.Decline(strings.TrimPrefix(at, "/runs/")); err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`id="again"[^>]* href="([^"]+)"`).FindStringSubmatch(s.get(at, "declined by "+porttest.Approver))
	if link == nil {
		t.Fatal("a declined run cannot be asked for again")
	}
	again := html.UnescapeString(link[1])
	wants(again, s.get(again))
}

// TestNeedsApproval: the form says which permissions do, and a request for one waits,
// whether it needs approval itself or one of its actions.
func TestNeedsApproval(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.port.AddEntity("iam_permissions", `{"identifier":"s3:DeleteObject","properties":{"resource_type":"S3","needs_approval":true,"max_duration":"2h"}}`)
	s.port.AddEntity("iam_permissions", `{"identifier":"tidy","title":"S3: tidy up","properties":{"resource_type":"S3","actions":["s3:ListBucket","s3:DeleteObject"]}}`)
	page := s.get("/request?resource="+url.QueryEscape(bucket), "S3: tidy up", "s3:ListBucket, s3:DeleteObject", "at most 2h")
	if n := strings.Count(page, "needs approval</span>"); n != 2 {
		t.Errorf("%d permissions need approval, want 2:\n%s", n, page)
	}
	for _, tc := range []struct {
		permission, answer, by, status string
	}{
		{"s3:DeleteObject", "approve", porttest.Approver, "IN_PROGRESS"},
		{"tidy", "approve own", pages.User, "IN_PROGRESS"}, // the daemon refuses it
	} {
		at := s.post("/request", url.Values{"resource": {bucket}, "permissions": {"s3:GetObject", tc.permission}})
		id := strings.TrimPrefix(at, "/runs/")
		s.get(at, "WAITING FOR APPROVAL", "Approve as "+porttest.Approver)
		if resp, _ := s.do(http.MethodPost, "/decide", url.Values{"run": {id}, "answer": {"perhaps"}}); resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("perhaps: %s", resp.Status)
		}
		s.post("/decide", url.Values{"run": {id}, "answer": {tc.answer}})
		s.get(at, "approved by "+tc.by)
		if r, _ := s.port.Run(id); r.Status != tc.status || r.Approval.UserID != s.port.UserID(tc.by) {
			t.Errorf("%s: %+v", tc.permission, r)
		}
	}
}

// TestRequest: the form starts the run that Port would start.
func TestRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.post("/request", url.Values{
		"resource": {bucket}, "permissions": {"s3:PutObject", "s3:GetObject"}, "duration": {"1h"}, "reason": {hostile},
	})
	r, ok := s.port.Run(strings.TrimPrefix(at, "/runs/"))
	if !ok || r.Action != "request_permissions" || r.Entity != bucket || r.Requester != pages.User || r.Status != "IN_PROGRESS" {
		t.Fatalf("run %+v", r)
	}
	var chosen []string
	if err := json.Unmarshal(r.Properties["permissions"], &chosen); err != nil || !slices.Equal(chosen, []string{"s3:PutObject", "s3:GetObject"}) {
		t.Errorf("permissions %s: %v", r.Properties["permissions"], err)
	}
	if string(r.Properties["duration"]) != `"1h"` {
		t.Errorf("duration %s", r.Properties["duration"])
	}
	page := s.get(at, "IN PROGRESS", "s3:PutObject, s3:GetObject", "Nothing is written yet", "&lt;img src=x")
	if regexp.MustCompile(`<img|</script>"`).MatchString(page) {
		t.Errorf("%s does not escape:\n%s", at, page)
	}
}

// TestRunPage: status label and link are on the page of a run, as text and as a
// link that is safe.
func TestRunPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := s.post("/request", url.Values{"resource": {bucket}, "permissions": {"s3:PutObject"}})
	id := strings.TrimPrefix(at, "/runs/")
	api := httptest.NewServer(s.port)
	defer api.Close()
	client, err := port.New(port.Options{BaseURL: api.URL, ClientID: "client", ClientSecret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(client.LabelRun(t.Context(), id, "Waiting for "+hostile), client.LinkRun(t.Context(), id, "https://example.com/?a=b")); err != nil {
		t.Fatal(err)
	}
	s.get(at, "Waiting for &lt;img src=x", `<a href="https://example.com/?a=b"`)
	if err := client.LinkRun(t.Context(), id, "javascript://x/%0aalert(1)"); err != nil {
		t.Fatal(err)
	}
	if page := s.get(at); strings.Contains(page, `href="javascript:`) {
		t.Errorf("the link runs a script:\n%s", page)
	}
}

// TestApproval: with approval required a run waits, and the page decides.
func TestApproval(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/approval", url.Values{"on": {"true"}})
	ask := func() (at, id string) {
		at = s.post("/request", url.Values{"resource": {bucket}, "permissions": {"s3:PutObject"}})
		return at, strings.TrimPrefix(at, "/runs/")
	}
	for answer, want := range map[string]string{"approve": "IN_PROGRESS", "decline": "DECLINED"} {
		at, id := ask()
		s.get(at, "WAITING FOR APPROVAL", `value="approve"`)
		s.post("/decide", url.Values{"run": {id}, "answer": {answer}})
		if r, _ := s.port.Run(id); r.Status != want {
			t.Errorf("after %s the run is %s", answer, r.Status)
		}
		if resp, _ := s.do(http.MethodPost, "/decide", url.Values{"run": {id}, "answer": {answer}}); resp.StatusCode != http.StatusConflict {
			t.Errorf("a second %s: %s", answer, resp.Status)
		}
	}
	s.post("/approval", url.Values{"on": {"false"}})
	if at, _ := ask(); strings.Contains(s.get(at), "WAITING") {
		t.Error("a run waits although no approval is required")
	}
}

// TestRevoke: what is provisioned is listed with its end, and the button starts
// the run that revokes it.
func TestRevoke(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/", "Nobody holds a permission", bucket)
	s.port.AddEntity("provisioned_permissions", `{"identifier":"Permission-r_x","properties":{"requester":"alice@example.com",
		"sign_in_url":"javascript://x/%0aalert(1)","expiry_time":"2999-01-01T00:00:00.000Z"},
		"relations":{"aws_resource":"`+bucket+`","permissions":["s3:PutObject","s3:GetObject"]}}`)
	page := s.get("/", "Permission-r_x", "s3:PutObject, s3:GetObject", " h ", `action="/revoke"`)
	if strings.Contains(page, "javascript:") {
		t.Errorf("the page links to a script:\n%s", page)
	}
	at := s.post("/revoke", url.Values{"name": {"Permission-r_x"}})
	if r, ok := s.port.Run(strings.TrimPrefix(at, "/runs/")); !ok || r.Action != "revoke_permissions" || r.Entity != "Permission-r_x" {
		t.Errorf("run %+v", r)
	}
	if resp, _ := s.do(http.MethodPost, "/revoke", url.Values{"name": {"Permission-r_y"}}); resp.StatusCode != http.StatusNotFound {
		t.Errorf("revoking what is not there: %s", resp.Status)
	}
}

// TestOtherSites: a page of another site can neither send our forms nor reach us
// by another name.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	form := url.Values{"resource": {bucket}, "permissions": {"s3:PutObject"}}
	for name, change := range map[string]func(*http.Request){
		"another site":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another port":   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"an old browser": func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
		"no origin":      func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
		"another name":   func(r *http.Request) { r.Host = "rebound.example:80" },
	} {
		for _, path := range []string{"/request", "/revoke", "/decide", "/approval"} {
			if resp, _ := s.do(http.MethodPost, path, form, change); resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusMisdirectedRequest {
				t.Errorf("%s, POST %s: %s", name, path, resp.Status)
			}
			if resp, _ := s.do(http.MethodGet, path, form); path != "/request" && resp.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("GET %s: %s", path, resp.Status)
			}
		}
	}
	if runs := s.port.Runs(); len(runs) != 0 {
		t.Errorf("%d runs were started from elsewhere", len(runs))
	}
	if resp, _ := s.do(http.MethodGet, "/", nil, func(r *http.Request) { r.Host = "rebound.example" }); resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("reading by another name: %s", resp.Status)
	}
}

// TestLive: a page comes again only once it has changed.
func TestLive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.port.StartRun(porttest.RunSpec{Action: "request_permissions", Entity: bucket, Requester: pages.User})
	known := regexp.MustCompile(`data-tag="&#34;([0-9a-f]+)&#34;"`).FindStringSubmatch(s.get("/runs/" + id))
	if known == nil {
		t.Fatal("the page does not say what its live part is called")
	}
	same := func(r *http.Request) { r.Header.Set("If-None-Match", `"`+known[1]+`"`) }
	if resp, _ := s.do(http.MethodGet, "/runs/"+id, nil, same); resp.StatusCode != http.StatusNotModified {
		t.Errorf("unchanged: %s", resp.Status)
	}
	s.port.StartRun(porttest.RunSpec{ID: "r_waits", Action: "request_permissions", Entity: bucket, RequiredApproval: true})
	if err := s.port.Decline("r_waits"); err != nil {
		t.Fatal(err)
	}
	if resp, text := s.do(http.MethodGet, "/runs/r_waits", nil, same); resp.StatusCode != http.StatusOK || !strings.Contains(text, "ended without a log") {
		t.Errorf("changed: %s\n%s", resp.Status, text)
	}
	if resp, _ := s.do(http.MethodGet, "/runs/r_none", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown run: %s", resp.Status)
	}
}

// TestHandlerAlone: the page needs nothing but the organisation.
func TestHandlerAlone(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
	pages.New(porttest.New(porttest.Options{})).ServeHTTP(rec, req)
	if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), "No action was run yet") {
		t.Errorf("an empty organisation: %d\n%s", rec.Code, rec.Body)
	}
}
