package grants_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"port-iam/iamops/iamtest"
)

// rewriting is a way to Port that changes its answers.
type rewriting struct {
	http.RoundTripper
	change func(path string, body []byte) []byte
}

// RoundTrip is part of http.RoundTripper.
func (r rewriting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := r.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	body = r.change(req.URL.Path, body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// rewrite lets Port give a member of a run in another form, and counts how often.
func (w *world) rewrite(path, member, form string) *atomic.Int64 {
	hits := new(atomic.Int64)
	re := regexp.MustCompile(`"` + member + `":("[^"]*"|\{[^{}]*\}|null|[a-z0-9]+)`)
	w.portHTTP.Transport = rewriting{w.portHTTP.Transport, func(p string, body []byte) []byte {
		if !strings.HasSuffix(p, path) || !re.Match(body) {
			return body
		}
		hits.Add(1)
		return re.ReplaceAllLiteral(body, []byte(`"`+member+`":`+form))
	}}
	return hits
}

// A member of the run that decides and cannot be read is never guessed: what the
// record is compared with is waited for, and the rest ends a run that is genuine.
func TestRunThatCannotBeRead(t *testing.T) {
	for member, c := range map[string]struct {
		form, says string
		waits      bool
	}{
		"createdAt":  {`""`, "createdAt", false},
		"createdAt ": {`null`, "when the run was made", false},
		"blueprint":  {`5`, "blueprint", false},
		"properties": {`[]`, "properties", false},
		"action":     {`5`, "action", true},
		"entity":     {`{}`, "entity", true},
	} {
		t.Run(member, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				rec := w.request(nil)
				hits := w.rewrite(rec.RunID, strings.TrimSpace(member), c.form)
				p := w.process()
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				if hits.Load() == 0 {
					t.Error("Port gave everything as it was")
				}
				w.wantGrants(0)
				p.wantMetric("port_iam_runs_total", 0, "grant", "refused")
				if c.waits {
					w.wantRun(rec.RunID, "IN_PROGRESS")
					p.wantMetric("port_iam_unreportable_runs_total", 1)
				} else {
					contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), c.says)
				}
				for _, event := range []string{"wrong_action", "wrong_entity", "wrong_requester", "unknown_run", "timestamp"} {
					p.wantMetric("port_iam_security_events_total", 0, event)
				}
			})
		})
	}
}

// A revocation whose blueprint cannot be read does not end because of that: it is
// waited for.
func TestRevocationThatCannotBeRead(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		granted := w.request(nil)
		w.process().succeed(granted)
		rec := w.revoke(granted.RunID)
		hits := w.rewrite(rec.RunID, "blueprint", `5`)
		p := w.process()
		if err := p.handle(rec); err != nil {
			t.Fatal(err)
		}
		if hits.Load() == 0 {
			t.Error("Port gave everything as it was")
		}
		w.wantRun(rec.RunID, "IN_PROGRESS")
		p.wantMetric("port_iam_unreportable_runs_total", 1)
	})
}

// A grant is taken away whatever of its own run and entity cannot be read, and
// that is only called done where nothing can be left.
func TestRevokeBesideWhatCannotBeRead(t *testing.T) {
	for member, form := range map[string]string{"endedAt": `""`, "createdAt": `5`, "properties": `[]`, "updatedAt": `""`} {
		t.Run(member, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				granted := w.request(nil)
				w.process().succeed(granted)
				hits := w.rewrite("runs/"+granted.RunID, member, form)
				p := w.process()
				p.succeed(w.revoke(granted.RunID))
				w.wantGrants(0)
				if hits.Load() == 0 {
					t.Error("Port gave everything as it was")
				}
			})
		})
	}
}

// An answer that is too long is no answer: nothing is dropped as forged, refused
// or called done because of it.
func TestAnswersThatAreTooLong(t *testing.T) {
	long := `"` + strings.Repeat("x", 33<<20) + `"`
	for name, path := range map[string]string{"run": "", "list of runs": "/actions/runs", "resource": "/aws_resource/entities/arn:aws:s3:::my-s3-bucket"} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				rec := w.request(nil)
				if path == "" {
					path = "/runs/" + rec.RunID
				}
				met := 0
				w.portHTTP.Transport = rewriting{w.portHTTP.Transport, func(p string, body []byte) []byte {
					if !strings.HasSuffix(p, path) {
						return body
					}
					met++
					return append(append([]byte(`{"more":`+long+`,`), bytes.TrimPrefix(body, []byte("{"))...), ' ')
				}}
				p := w.process()
				j := p.job(rec)
				began := time.Now()
				for range 3 {
					if err := j.Attempt(context.Background()); err == nil || !strings.Contains(err.Error(), "longer than") {
						t.Fatalf("after %s: %v", time.Since(began), err)
					}
				}
				if met != 3 {
					t.Errorf("%d answers were read in 3 attempts", met)
				}
				w.wantRun(rec.RunID, "IN_PROGRESS")
				w.wantGrants(0)
				for _, event := range []string{"wrong_action", "wrong_entity", "wrong_requester", "unknown_run", "timestamp"} {
					p.wantMetric("port_iam_security_events_total", 0, event)
				}
				p.wantMetric("port_iam_runs_total", 0, "grant", "refused")
			})
		})
	}
}
