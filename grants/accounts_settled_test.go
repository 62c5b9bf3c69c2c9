package grants_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestAccountsSettle: accounts fail at random, the account of the bucket and the roles that
// entities name are edited, and processes die, while grants are made and taken away. Once
// all that is over and swept, each run has ended once, and each grant is whole or gone.
func TestAccountsSettle(t *testing.T) {
	withoutRace(t)
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			inAccounts(t, iamtest.Options{Delay: 20 * time.Millisecond}, func(w *world) {
				c := &chaos{world: w, random: rand.New(rand.NewPCG(seed, 1))}
				defer w.watchCut()()
				c.play()
				c.wantSettled()
			})
		})
	}
}

// chaos is a world in which much goes wrong.
type chaos struct {
	*world
	mu      sync.Mutex
	random  *rand.Rand
	grants  []port.Record
	revokes map[string]port.Record // by the name of the grant
}

func (c *chaos) n(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

func (c *chaos) account() string { return []string{account, second, third}[c.n(3)] }

// play makes and takes away grants in bad times, and ends when the times are good.
func (c *chaos) play() {
	over := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { c.trouble(over) })
	for range 8 {
		c.bucketIn(c.account())
		rec := c.request(nil)
		c.grants = append(c.grants, rec)
		all.Go(func() { c.handled(rec) })
		later(time.Duration(c.n(2000)) * time.Millisecond)
	}
	later(time.Minute)
	c.revokes = map[string]port.Record{}
	for _, rec := range c.grants {
		name := iamops.Name(rec.RunID)
		if _, exists := c.port.Entity(grantEntity, name); !exists || c.n(2) == 0 {
			continue
		}
		if c.n(2) == 0 {
			c.says(rec.RunID, c.account())
		}
		revoke := c.revoke(rec.RunID)
		c.revokes[name] = revoke
		all.Go(func() { c.handled(revoke) })
	}
	later(3 * time.Minute)
	close(over)
	all.Wait()
	s := c.process().sweeper()
	for range 10 {
		later(sweepInterval)
		_, _ = s.Sweep(context.Background())
	}
}

// handled has two processes work on a record, of which one may die.
func (c *chaos) handled(rec port.Record) {
	var both sync.WaitGroup
	both.Go(func() {
		ctx, die := context.WithTimeout(context.Background(), time.Duration(c.n(4000))*time.Millisecond)
		defer die()
		p := c.process()
		_ = p.finish(ctx, p.job(rec))
	})
	later(time.Duration(c.n(3000)) * time.Millisecond)
	if err := c.process().handle(rec); err != nil {
		c.t.Errorf("%s: %v", rec.RunID, err)
	}
	both.Wait()
}

// trouble has an account or Port fail, or the bucket move, until it is over.
func (c *chaos) trouble(over chan struct{}) {
	for {
		var back func()
		in := c.in[c.account()]
		switch c.n(6) {
		case 0:
			back = in.Fault(iamtest.Fault{Code: "Throttling", Count: -1, Maybe: func() {}})
		case 1:
			back = in.Fault(iamtest.Fault{Kind: iamtest.LostAnswer, Count: -1, Maybe: func() {}})
		case 2:
			back = in.Fault(iamtest.Fault{Kind: iamtest.Delayed, Delay: time.Hour, Count: -1, Maybe: func() {}})
		case 3:
			back = c.port.Fault(porttest.Fault{Status: 503, Count: -1, Maybe: func() {}})
		case 4:
			back = c.port.Fault(porttest.Fault{Kind: porttest.LostAnswer, Count: -1, Maybe: func() {}})
		default:
			c.bucketIn(c.account())
			back = func() {}
		}
		later(time.Duration(c.n(5000)) * time.Millisecond)
		back()
		select {
		case <-over:
			return
		default:
		}
		later(time.Duration(c.n(1500)) * time.Millisecond)
	}
}

// wantSettled checks what is promised.
func (c *chaos) wantSettled() {
	c.t.Helper()
	for _, rec := range c.grants {
		run, _ := c.port.Run(rec.RunID)
		name := iamops.Name(rec.RunID)
		if run.Ends != 1 {
			c.t.Errorf("run %s is %s, ended %d times", rec.RunID, run.Status, run.Ends)
		}
		e, exists := c.port.Entity(grantEntity, name)
		if revoke, revoked := c.revokes[name]; revoked || run.Status != "SUCCESS" {
			if state, _ := c.port.Run(revoke.RunID); revoked && state.Ends != 1 {
				c.t.Errorf("revocation %s is %s, ended %d times", state.ID, state.Status, state.Ends)
			}
			if c.wantIn(name); exists {
				c.t.Errorf("the entity of %s is there: %v", name, e)
			}
			continue
		}
		if !exists {
			c.t.Errorf("no entity of %s", name)
			continue
		}
		in, _ := iamops.AccountOf(fmt.Sprint(e["properties"].(map[string]any)["role_arn"]))
		c.wantIn(name, in)
		if r := c.roleIn(in, name); r != nil && (len(r.Attached) != 1 || len(r.Inline) != 0) {
			c.t.Errorf("role %+v", r)
		}
	}
}
