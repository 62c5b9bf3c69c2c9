package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// proxy stands between the instances and moto, which neither throttles nor loses
// answers, and deletes a policy although it is attached. It shows every change to
// the observer.
type proxy struct {
	w      *world
	client *http.Client
	calls  atomic.Int64
	calm   atomic.Bool
	names  sync.Map       // name to *sync.Mutex: one change of a grant at a time
	late   sync.WaitGroup // requests that are still under way

	meet map[fault]func() // counts what is met

	member memberTrouble

	mu sync.Mutex
	// swept is when the last sweep has begun, by account. Nothing else lists all roles.
	swept map[string]time.Time
}

// fault is what one call to IAM meets.
type fault string

const (
	noFault     fault = "nothing"
	throttled   fault = "throttled"
	unavailable fault = "503"
	lostRequest fault = "request lost"
	lostAnswer  fault = "answer lost"
	lateRequest fault = "connection lost, applied later"
)

// chance is that of the n-th call, for one purpose of several.
func (p *proxy) chance(n, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(p.w.plan.seed, n<<1|purpose))
}

// fault is what the n-th call meets; 37 % meet something.
func (p *proxy) fault(n int64) (fault, time.Duration) {
	r := p.chance(uint64(n), 0)
	roll := r.Float64()
	switch {
	case p.calm.Load():
		return noFault, 0
	case roll < 0.10:
		return throttled, 0
	case roll < 0.15:
		return unavailable, 0
	case roll < 0.22:
		return lostRequest, 0
	case roll < 0.36:
		return lostAnswer, 0
	case roll < 0.37:
		return lateRequest, time.Duration(r.Int64N(int64(3 * time.Second)))
	}
	return noFault, 0
}

// awsCall is one call to IAM.
type awsCall struct {
	op      string
	account string
	name    string // of the role or policy it is about; "" for lists
	form    url.Values
	change  bool
}

func readCall(body []byte) awsCall {
	form, _ := url.ParseQuery(string(body)) // what cannot be read is passed on anyway
	c := awsCall{op: form.Get("Action"), form: form, name: form.Get("RoleName")}
	if c.name == "" {
		c.name = form.Get("PolicyName")
	}
	if arn := form.Get("PolicyArn"); c.name == "" && arn != "" {
		c.name = arn[strings.LastIndex(arn, "/")+1:]
	}
	c.change = c.op != "AssumeRole" && !strings.HasPrefix(c.op, "Get") && !strings.HasPrefix(c.op, "List")
	return c
}

// beginsSweep tells of a call by a daemon whether a sweep begins with it. One role is
// listed to see whether the account is up.
func (c awsCall) beginsSweep() bool {
	return c.op == "ListRoles" && c.form.Get("Marker") == "" && c.form.Get("MaxItems") != "1"
}

// serve opens the way to AWS for one instance.
func (p *proxy) serve(i *instance) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		call := readCall(body)
		if call.op == "GetCallerIdentity" {
			p.answer(w, p.forward(r, body))
			return
		}
		call.account = p.member.accountOf(call, r)
		if refused := p.member.meets(r.Context(), call, p.chance(uint64(p.calls.Load()), 1)); refused != nil {
			p.answer(w, *refused)
			return
		}
		f, delay := p.fault(p.calls.Add(1))
		if f != noFault {
			p.meet[f]()
		}
		p.mu.Lock()
		switch {
		case f == lateRequest && p.calm.Load(): // drawn before, and nobody waits for it any more
			f = noFault
		case f == lateRequest:
			p.late.Add(1)
		}
		if !i.operates && call.beginsSweep() {
			p.swept[call.account] = time.Now()
			p.w.rec.note("%s begins a sweep of %s", i.name, call.account)
		}
		p.mu.Unlock()
		if f != noFault && call.change {
			p.w.rec.note("%s: %s %s: %s", i.name, call.op, call.name, f)
		}
		switch f {
		case throttled:
			p.answer(w, refusal(http.StatusBadRequest, "Throttling", "Rate exceeded"))
			return
		case unavailable:
			p.answer(w, refusal(http.StatusServiceUnavailable, "ServiceUnavailable", "injected"))
			return
		case lostRequest:
			panic(http.ErrAbortHandler)
		case lateRequest:
			go func() {
				defer p.late.Done()
				<-time.After(delay)
				p.carryOut(i, call, r, body)
			}()
			panic(http.ErrAbortHandler)
		}
		got := p.carryOut(i, call, r, body)
		if f == lostAnswer {
			panic(http.ErrAbortHandler)
		}
		p.answer(w, got)
	}))
}

// response is what moto has answered.
type response struct {
	status int
	header http.Header
	body   []byte
}

// carryOut passes a call on to moto. Changes of one grant go one after the other,
// so that the observer knows their order.
func (p *proxy) carryOut(i *instance, call awsCall, r *http.Request, body []byte) response {
	if !call.change {
		got := p.forward(r, body)
		p.member.noteSession(call, got)
		return got
	}
	lock, _ := p.names.LoadOrStore(call.name, new(sync.Mutex))
	mu := lock.(*sync.Mutex)
	i.step(killBefore)
	mu.Lock()
	p.w.observer.before(call)
	var got response
	if call.op == "DeletePolicy" && p.w.observer.attached(call.name) {
		got = refusal(http.StatusConflict, "DeleteConflict", "Cannot delete a policy attached to entities.")
	} else {
		got = p.forward(r, body)
	}
	p.w.observer.after(call, got.status)
	mu.Unlock()
	i.step(killAfter)
	return got
}

// forward makes the call in moto, also when who made it is gone.
func (p *proxy) forward(r *http.Request, body []byte) response {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Minute)
	defer cancel()
	to, err := http.NewRequestWithContext(ctx, r.Method, p.w.AWSURL+r.URL.Path, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	to.Header = r.Header.Clone()
	resp, err := p.client.Do(to)
	if err != nil {
		p.w.rec.note("moto does not answer: %v", err)
		return response{status: http.StatusBadGateway, header: http.Header{}}
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		p.w.rec.note("moto does not answer: %v", err)
		return response{status: http.StatusBadGateway, header: http.Header{}}
	}
	return response{resp.StatusCode, resp.Header, got}
}

func (p *proxy) answer(w http.ResponseWriter, got response) {
	for _, name := range []string{"Content-Type", "Date"} {
		if v := got.header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(got.status)
	_, _ = w.Write(got.body) // who asked may be gone
}

// refusal is an error as IAM answers it.
func refusal(status int, code, message string) response {
	return response{status, http.Header{"Content-Type": {"text/xml"}}, fmt.Appendf(nil, `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)}
}

// lastSweep is since when all accounts have been swept.
func (p *proxy) lastSweep() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := time.Now()
	for _, account := range accounts() {
		if at := p.swept[account]; at.Before(last) {
			last = at
		}
	}
	return last
}

// stop ends the trouble and waits for what is still under way.
func (p *proxy) stop() {
	p.mu.Lock()
	p.calm.Store(true)
	p.mu.Unlock()
	p.late.Wait()
}
