package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"port-iam/iamops/iamtest"
	"port-iam/internal/demo"
	"port-iam/port/porttest"
)

const (
	// anyAction is all that a member's role may do, and as far as its boundary goes.
	anyAction = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	// hubMayEnter is the trust of a member's role.
	hubMayEnter = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + demo.Account + `"}}]}`

	hour = time.Hour // no call waits so long: it is given up before
)

// fleet is a world with accounts that the daemon enters, beside its own.
type fleet struct {
	*demo.World
	ids      []string
	accounts []*iamtest.Server
}

// newFleet makes a world that serves so many accounts, all but the daemon's own.
func newFleet(o demo.Options, accounts int) (*fleet, error) {
	o.Hold = true
	w, err := demo.NewWorld(o)
	if err != nil {
		return nil, err
	}
	f := &fleet{World: w}
	for i := range accounts {
		id := strconv.Itoa(200_000_000_000 + i)
		a := w.AWS.AddAccount(id)
		a.AddRole("/", "PortIam", hubMayEnter, anyAction)
		a.AddPolicy("arn:aws:iam::"+id+":policy/PortIamBoundary", anyAction)
		f.ids, f.accounts = append(f.ids, id), append(f.accounts, a)
		w.Port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":"EC2"}}`, instanceIn(id)))
	}
	return f, nil
}

func instanceIn(account string) string { return fmt.Sprintf(porttest.SampleInstance, account) }

// start starts a daemon that serves the accounts.
func (f *fleet) start(binary string, env ...string) (*daemon, error) {
	return start(binary, f.World, concurrency,
		append([]string{"ACCOUNTS=" + strings.Join(f.ids, ","), "IAM_PERMISSIONS_BOUNDARY=PortIamBoundary"}, env...)...)
}

// hang has an account answer no call from now on, until the end.
func (f *fleet) hang(account int) {
	f.accounts[account].Fault(iamtest.Fault{Kind: iamtest.Delayed, Count: -1, Delay: hour, Maybe: func() {}})
}

// request starts the run of a grant in an account.
func (f *fleet) request(account int) string {
	return f.Port.StartRun(porttest.RunSpec{
		Action: "request_permissions", Entity: instanceIn(f.ids[account]), Requester: "alice@example.com",
		Properties: map[string]any{"permissions": []string{"ec2:StopInstances"}},
	})
}

// isolation measures grants and revocations in one of ten accounts, in a world where all
// answer and in one where another account answers nothing and 200 runs wait for it. Both
// take turns, so that what else the machine does slows down both.
func isolation(binary string) error {
	const healthy, hanging, waiting = 0, 1, 200
	var fleets [2]*fleet
	for i := range fleets {
		f, err := newFleet(demo.Options{PortDelay: portDelay, AWSDelay: awsDelay}, 10)
		if err != nil {
			return err
		}
		defer f.Close()
		d, err := f.start(binary)
		if err != nil {
			return err
		}
		defer d.kill()
		fleets[i] = f
	}
	stuck, err := fleets[1].stick(hanging, waiting)
	if err != nil {
		return err
	}
	var granted [2][]string
	grant, err := inTurn(fleets, func(world, _ int) string {
		id := fleets[world].request(healthy)
		granted[world] = append(granted[world], id)
		return id
	})
	if err != nil {
		return err
	}
	revocation, err := inTurn(fleets, func(world, i int) string { return revoke(fleets[world].World, granted[world][i]) })
	if err != nil {
		return err
	}
	atMost("grant, p50, beside an account that hangs", ms(grant[1]), 1.1*ms(grant[0]), "ms")
	atMost("revocation, p50, likewise", ms(revocation[1]), 1.1*ms(revocation[0]), "ms")
	for _, id := range stuck {
		if r, _ := fleets[1].Port.Run(id); r.Ended() {
			return fmt.Errorf("run %s has ended %s although its account does not answer", id, r.Status)
		}
	}
	return nil
}

// stick has an account hang, and so many runs wait for it.
func (f *fleet) stick(account, waiting int) (runs []string, err error) {
	var asked atomic.Int64
	f.accounts[account].OnCall(func(iamtest.Call) { asked.Add(1) })
	f.hang(account)
	for range waiting {
		runs = append(runs, f.request(account))
	}
	f.Publish(runs...)
	return runs, await("calls hang", func() bool { return asked.Load() >= concurrency/4 })
}

// inTurn is p50, by world, of runs that are started one after the other, now in one world
// and now in the other.
func inTurn(fleets [2]*fleet, begin func(world, i int) string) (p50 [2]time.Duration, err error) {
	var took [2][]time.Duration
	for i := range singles {
		for world, f := range fleets {
			id := begin(world, i)
			f.Publish(id)
			r, err := ended(f.World, id)
			if err != nil {
				return p50, err
			}
			took[world] = append(took[world], r.EndedAt.Sub(r.CreatedAt))
		}
	}
	for world := range took {
		slices.Sort(took[world])
		p50[world] = took[world][singles/2]
	}
	return p50, nil
}

const (
	many    = 50  // accounts
	inEach  = 100 // grants
	looks   = 50  // grants of an account that a sweep looks at closely
	perLook = 5   // calls
)

// callsOf counts the calls of a sweep by those that nothing else makes meanwhile. Roles
// are also listed to see whether an account is up, but in a sweep before each list of
// policies.
var callsOf = map[string]int64{
	"ListPolicies": 2, "GetRole": 1, "GetPolicy": 1, "GetPolicyVersion": 1, "ListPolicyVersions": 1,
	"ListAttachedRolePolicies": 1, "ListRolePolicies": 1, "GetRolePolicy": 1,
}

// sweeping measures sweeps of many accounts with many grants in each.
func sweeping(binary string) error {
	f, err := newFleet(demo.Options{}, many)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.fill(binary); err != nil {
		return err
	}
	for _, a := range f.accounts {
		a.Fault(iamtest.Fault{Kind: iamtest.Delayed, Count: -1, Delay: awsDelay, Maybe: func() {}})
	}
	f.Port.Fault(porttest.Fault{Kind: porttest.Delayed, Count: -1, Delay: portDelay, Maybe: func() {}})
	d, err := f.start(binary, "SWEEP_INTERVAL=1m")
	if err != nil {
		return err
	}
	defer d.kill()
	peak := 0.0
	for n := 1; n <= 3; n++ {
		calls, took, rss, err := f.sweep(d, n)
		if err != nil {
			return err
		}
		peak = max(peak, rss)
		if n == 1 {
			continue // it reads all runs as well, which is once for each process
		}
		what := fmt.Sprintf("%d accounts, %d grants each, sweep %d", many, inEach, n)
		atMost(what+", calls to AWS", float64(calls), many*(2+looks*perLook), "")
		atMost(what+", time", ms(took), 60_000, "ms")
	}
	atMost("resident memory, likewise, at most", peak, 96, "MiB")
	return d.stop()
}

// fill makes the grants.
func (f *fleet) fill(binary string) error {
	d, err := f.start(binary, "SWEEP_INTERVAL=0")
	if err != nil {
		return err
	}
	defer d.kill()
	var ids []string
	for i := range f.accounts {
		for range inEach {
			ids = append(ids, f.request(i))
		}
	}
	if _, err := backlog(f.World, ids); err != nil {
		return err
	}
	return d.stop()
}

// sweep waits for the sweep of that number. Its time is that from its first call to its
// last one, and the memory the most that was seen until then.
func (f *fleet) sweep(d *daemon, n int) (calls int, took time.Duration, rss float64, err error) {
	var first, last, made atomic.Int64
	for _, a := range f.accounts {
		defer a.OnCall(func(c iamtest.Call) {
			of := callsOf[c.Op]
			if !c.Done || of == 0 {
				return
			}
			now := time.Now().UnixNano()
			first.CompareAndSwap(0, now)
			last.Store(now)
			made.Add(of)
		})()
	}
	done := fmt.Sprintf(`port_iam_sweeps_total{result="ok"} %d`, n)
	err = await(fmt.Sprintf("sweep %d", n), func() bool {
		now, rssErr := d.rss()
		rss, err = max(rss, now), errors.Join(err, rssErr)
		return d.hasMetric(done)
	})
	return int(made.Load()), time.Duration(last.Load() - first.Load()), rss, err
}

// starting measures how long a daemon of many accounts takes until it is ready, while all
// answer and while one answers nothing.
func starting(binary string) error {
	for _, hangs := range []bool{false, true} {
		f, err := newFleet(demo.Options{PortDelay: portDelay, AWSDelay: awsDelay}, many)
		if err != nil {
			return err
		}
		defer f.Close()
		what := fmt.Sprintf("start to ready, %d accounts", many)
		if hangs {
			f.hang(0)
			what += ", one hangs"
		}
		began := time.Now()
		d, err := f.start(binary)
		if err != nil {
			return err
		}
		defer d.kill()
		atMost(what, ms(time.Since(began)), 5000, "ms")
		if err := await("all accounts that answer are up", func() bool { return d.up() >= many-1 }); err != nil {
			return err
		}
		atMost(what+": all others are up", ms(time.Since(began)), 5000, "ms")
		rss, err := d.rss()
		if err != nil {
			return err
		}
		atMost("resident memory, idle, likewise", rss, 96, "MiB")
	}
	return nil
}

// up is how many accounts the daemon can enter.
func (d *daemon) up() (n int) {
	_, body := d.get("/metrics")
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "port_iam_account_up{") && strings.HasSuffix(line, " 1\n") {
			n++
		}
	}
	return n
}
