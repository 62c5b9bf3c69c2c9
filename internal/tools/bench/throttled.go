package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port/porttest"
)

// open starts a world, and a daemon in it.
func open(binary string) (w *demo.World, done func(), err error) {
	w, err = demo.NewWorld(demo.Options{PortDelay: portDelay, AWSDelay: awsDelay, Hold: true})
	if err != nil {
		return nil, nil, err
	}
	d, err := start(binary, w, concurrency)
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	return w, func() { d.kill(); w.Close() }, nil
}

func requests(w *demo.World, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = request(w)
	}
	return ids
}

func revoke(w *demo.World, grantRun string) string {
	return w.Port.StartRun(porttest.RunSpec{Action: "revoke_permissions", Entity: "Permission-" + grantRun, Requester: "alice@example.com"})
}

// denials notes when the access of a grant is cut, by the name of its role.
func denials(w *demo.World) func(grantRun string) (time.Time, bool) {
	var mu sync.Mutex
	at := map[string]time.Time{}
	w.AWS.OnCall(func(c iamtest.Call) {
		if c.Op != "PutRolePolicy" || !c.Done || c.Code != "" {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if at[c.Name].IsZero() {
			at[c.Name] = time.Now()
		}
	})
	return func(grantRun string) (time.Time, bool) {
		mu.Lock()
		defer mu.Unlock()
		t, ok := at["Permission-"+grantRun]
		return t, ok
	}
}

// p95 waits for the Deny of all grants, which were asked for at these times, and
// returns how many milliseconds it took; 95 % took no longer.
func p95(denied func(string) (time.Time, bool), asked map[string]time.Time) (float64, error) {
	var took []time.Duration
	for id, since := range asked {
		var at time.Time
		if err := await("the Deny of "+id, func() (ok bool) { at, ok = denied(id); return ok }); err != nil {
			return 0, err
		}
		took = append(took, at.Sub(since))
	}
	slices.Sort(took)
	return ms(took[(len(took)*95+99)/100-1]), nil
}

// atRandom measures grants and revocations while three calls in ten are throttled
// at random.
func atRandom(binary string) error {
	w, done, err := open(binary)
	if err != nil {
		return err
	}
	defer done()
	victims := requests(w, 10)
	if _, err := backlog(w, victims); err != nil {
		return err
	}
	w.AWS.Throttle(0, 0, 0.3)
	took, err := backlog(w, requests(w, 20))
	if err != nil {
		return err
	}
	atMost("20 grants, 30 % throttled at random", ms(took), 10_000, "ms")
	denied, asked := denials(w), map[string]time.Time{}
	for _, id := range victims {
		run := revoke(w, id)
		asked[id] = time.Now()
		w.Publish(run)
	}
	worst, err := p95(denied, asked)
	atMost("Deny of 10 revocations likewise, p95", worst, 3000, "ms")
	return err
}

// denyBeside measures a revocation every five seconds beside a backlog of grants,
// where IAM admits so many calls a second.
func denyBeside(rate, target float64) func(string) error {
	return func(binary string) error {
		w, done, err := open(binary)
		if err != nil {
			return err
		}
		defer done()
		victims := requests(w, 20)
		if _, err := backlog(w, victims); err != nil {
			return err
		}
		w.AWS.Throttle(rate, 2*rate, 0)
		w.Publish(requests(w, 300)...)
		denied, asked := denials(w), map[string]time.Time{}
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for _, id := range victims {
			<-tick.C
			run := revoke(w, id)
			asked[id] = time.Now()
			w.Publish(run)
		}
		worst, err := p95(denied, asked)
		atMost(fmt.Sprintf("Deny beside 300 grants, %.0f calls/s, p95", rate), worst, target, "ms")
		return err
	}
}

// grantsBeside measures what is left to grants beside many revocations.
func grantsBeside(binary string) error {
	w, done, err := open(binary)
	if err != nil {
		return err
	}
	defer done()
	victims := requests(w, 500)
	if _, err := backlog(w, victims); err != nil {
		return err
	}
	var runs []string
	for _, id := range victims {
		runs = append(runs, revoke(w, id))
	}
	w.AWS.Throttle(20, 40, 0)
	w.AWS.ResetCalls()
	w.Publish(append(runs, requests(w, 300)...)...)
	<-time.After(time.Minute)
	ofGrants, all := 0, 0
	for _, c := range w.AWS.Calls() {
		if c.Code == "Throttling" {
			continue
		}
		all++
		if strings.HasPrefix(c.Op, "Create") || c.Op == "AttachRolePolicy" {
			ofGrants++
		}
	}
	atLeast("grants beside 500 revocations, 20 calls/s", 100*float64(ofGrants)/float64(all), 20, "%")
	return nil
}

// admitted measures how well a backlog of grants uses what IAM admits.
func admitted(binary string) error {
	const rate, burst, needed = 20, 40, 3 * queued
	w, done, err := open(binary)
	if err != nil {
		return err
	}
	defer done()
	w.AWS.Throttle(rate, burst, 0)
	w.AWS.ResetCalls()
	took, err := backlog(w, requests(w, queued))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d queued grants, %d calls/s", queued, rate)
	atMost(what+", calls", float64(w.AWS.CallCount("")), 1.1*needed, "")
	atLeast(what+", of these used", 100*(needed-burst)/took.Seconds()/rate, 95, "%")
	return nil
}
