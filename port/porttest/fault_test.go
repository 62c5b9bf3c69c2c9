package porttest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"port-iam/port/porttest"
)

const endBody = `{"message":"m","terminationStatus":"SUCCESS"}`

func TestARefusal(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	for status, code := range map[int]string{
		0: "internal_error", 401: "unauthorized", 403: "missing_permissions", 404: "not_found", 409: "bad_request",
		422: "invalid_request", 429: "too_many_requests", 503: "bad_request",
	} {
		w.Fault(porttest.Fault{Status: status})
		if status == 0 {
			status = 500
		}
		w.want(t, status, code, "POST", runPath+"/logs", endBody)
	}
	w.Fault(porttest.Fault{Status: 429, Code: "slow_down", RetryAfter: "3", RateLimitReset: "60"})
	got := w.want(t, 429, "slow_down", "POST", runPath+"/logs", endBody)
	if got.header.Get("Retry-After") != "3" || got.header.Get("x-ratelimit-reset") != "60" {
		t.Errorf("headers %v", got.header)
	}
	if r, _ := w.Run(openRun); r.Ends != 0 || len(r.Logs) != 0 {
		t.Errorf("a refused call was applied: %+v", r)
	}
	w.want(t, 201, "", "POST", runPath+"/logs", endBody)
}

func TestWhatIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		kind porttest.FaultKind
		ends int
		call porttest.Call
	}{
		"request": {porttest.LostRequest, 0, porttest.Call{Code: "LostRequest"}},
		"answer":  {porttest.LostAnswer, 1, porttest.Call{Status: 201}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, porttest.Options{})
			w.Fault(porttest.Fault{Kind: c.kind, Route: "run_log"})
			w.want(t, 200, "", "GET", runPath, "") // does not meet it
			if got, err := w.try(http.MethodPost, runPath+"/logs", endBody); !errors.Is(err, io.EOF) {
				t.Errorf("got %+v, %v", got, err)
			}
			if r, _ := w.Run(openRun); r.Ends != c.ends {
				t.Errorf("run ended %d times", r.Ends)
			}
			c.call.N, c.call.Route, c.call.ID, c.call.Done = 3, "run_log", openRun, true
			if diff := cmp.Diff(c.call, w.Calls()[2]); diff != "" {
				t.Errorf("call (-want +got):\n%s", diff)
			}
		})
	}
}

func TestADelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, porttest.Options{Delay: time.Second})
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: 2 * time.Second, Count: 2})
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: 4 * time.Second})
		w.Fault(porttest.Fault{Status: 500, Count: 1})
		for _, want := range []struct {
			status int
			took   time.Duration
		}{{500, 7 * time.Second}, {200, 3 * time.Second}, {200, time.Second}} {
			start := time.Now()
			got := w.do(t, "GET", runPath, "")
			if took := time.Since(start); took != want.took || got.status != want.status {
				t.Errorf("%d after %s, want %d after %s", got.status, took, want.status, want.took)
			}
		}
	})
}

// A call whose client goes away while it is delayed is never applied.
func TestADelayIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, porttest.Options{})
		w.Fault(porttest.Fault{Kind: porttest.Delayed, Delay: time.Hour, Route: "run_log"})
		w.http.Timeout = time.Second
		var ue *url.Error
		if _, err := w.try(http.MethodPost, runPath+"/logs", endBody); !errors.As(err, &ue) || !ue.Timeout() {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if c := w.Calls()[1]; c.Status != 0 || c.Code != "RequestEnded" {
			t.Errorf("call %+v", c)
		}
		if r, _ := w.Run(openRun); r.Ends != 0 {
			t.Error("the call was applied")
		}
	})
}

func TestWhichCallsMeetAFault(t *testing.T) {
	w := newWorld(t, porttest.Options{})
	w.AddEntity(grants, `{"identifier":"a"}`)
	status := func(method, path, body string) int { return w.do(t, method, path, body).status }

	remove := w.Fault(porttest.Fault{ID: openRun, Status: 500, Count: -1})
	for _, got := range []int{
		status("GET", runPath, ""), status("PATCH", runPath, `{}`), status("POST", grantsPath+"?upsert=true&run_id="+openRun, entity),
	} {
		if got != 500 {
			t.Errorf("a call about the run gets %d", got)
		}
	}
	if got := status("GET", "/v1/organization", ""); got != 200 {
		t.Errorf("another call gets %d", got)
	}
	remove()
	if got := status("GET", runPath, ""); got != 200 {
		t.Errorf("a removed fault gives %d", got)
	}

	w.Fault(porttest.Fault{ID: "a", Route: "entity_get", Status: 418, Count: 2})
	for i, want := range []int{418, 418, 200} {
		if got := status("GET", grantsPath+"/a", ""); got != want {
			t.Errorf("call %d gets %d, want %d", i, got, want)
		}
	}
}

func TestTokensEnd(t *testing.T) {
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	w := newWorld(t, porttest.Options{TokenTTL: time.Minute, Now: func() time.Time { return now }})
	first := w.token
	now = now.Add(59 * time.Second)
	w.want(t, 200, "", "GET", runPath, "")
	w.login(t)
	if w.token != first {
		t.Error("there are two live tokens")
	}
	now = now.Add(time.Second)
	w.want(t, 401, "unauthorized", "GET", runPath, "")
	w.login(t)
	if w.token == first {
		t.Error("an ended token was issued again")
	}
	w.want(t, 200, "", "GET", runPath, "")
	w.ExpireTokens()
	w.want(t, 401, "unauthorized", "GET", runPath, "")
	w.login(t)
	w.RejectCredentials(true)
	w.want(t, 401, "unauthorized", "GET", runPath, "")
	w.want(t, 401, "unauthorized", "POST", "/v1/auth/access_token", `{"clientId":"client","clientSecret":"secret"}`)
	w.RejectCredentials(false)
	w.want(t, 401, "unauthorized", "POST", "/v1/auth/access_token", `{"clientId":"client","clientSecret":"wrong"}`)
	w.want(t, 200, "", "GET", runPath, "")
	// Port looks at the token before it says what else is wrong.
	w.token = "made-up"
	w.want(t, 401, "unauthorized", "PATCH", runPath, `{"state":"SUCCESS"}`)
}

// Many at once: every call is applied once and counted once. The race detector
// looks on.
func TestManyAtOnce(t *testing.T) {
	const n = 40
	w := newWorld(t, porttest.Options{})
	var seen sync.Map
	defer w.OnCall(func(c porttest.Call) {
		if _, twice := seen.LoadOrStore(fmt.Sprint(c.N, c.Done), true); twice {
			t.Errorf("call %d was told of twice", c.N)
		}
	})()
	w.ResetCalls()
	var mu sync.Mutex
	ended := 0
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			id := fmt.Sprintf("e%d", i)
			w.want(t, 201, "", "POST", grantsPath+"?upsert=true", `{"identifier":"`+id+`"}`)
			if w.do(t, "POST", runPath+"/logs", endBody).status == 201 {
				mu.Lock()
				ended++
				mu.Unlock()
			}
			own := w.StartRun(porttest.RunSpec{Action: "request_permissions"})
			w.want(t, 200, "", "PATCH", "/v1/actions/runs/"+own, `{"status":"SUCCESS"}`)
			w.want(t, 200, "", "GET", "/v1/actions/runs?active=true", "")
			w.Message(own, porttest.FormWrapped)
			w.Fault(porttest.Fault{Route: "blueprint_get", Maybe: func() {}})() // for the race detector
		})
	}
	all.Wait()
	if r, _ := w.Run(openRun); ended != 1 || r.Ends != 1 {
		t.Errorf("the run was ended %d times", ended)
	}
	if got := len(w.Entities(grants)); got != n {
		t.Errorf("%d entities, want %d", got, n)
	}
	if got := w.CallCount(""); got != 4*n || w.CallCount("run_log") != n {
		t.Errorf("%d calls, want %d", got, 4*n)
	}
	ids := map[string]bool{}
	for _, r := range w.Runs() {
		ids[r.ID] = true
	}
	if len(ids) != n+1 {
		t.Errorf("%d runs with an id of their own, want %d", len(ids), n+1)
	}
}
