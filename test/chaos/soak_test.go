package chaos

import (
	"fmt"
	"os"
	"testing"
	"time"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

const (
	beat        = 500 * time.Millisecond // a grant and a revocation each
	foreigners  = 10                     // records of others at each beat
	sampleEvery = 5 * time.Second
	lifetime    = 20 // beats between a grant and its revocation
)

// TestSoak has two instances work steadily for a long time. What they hold must
// not grow: memory, goroutines, descriptors.
func TestSoak(t *testing.T) {
	text := os.Getenv(soakVariable)
	if text == "" {
		t.Skipf("takes minutes: %s=10m", soakVariable)
	}
	length, err := time.ParseDuration(text)
	if err != nil || length < 2*time.Minute {
		t.Fatalf("%s: %v, at least 2m", soakVariable, err)
	}
	s := newSoak(t)
	s.work(length)
	s.finish()
	s.report(length)
}

// soak is a world without trouble.
type soak struct {
	*world
	daemons []*daemontest.Daemon
	samples []sample
	grants  []string // that are not to be revoked yet
	runs    []string
	foreign string // one run of another action, again and again
	began   time.Time
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	s := &soak{world: &world{World: daemontest.NewWorld(t, 4), t: t, rec: newRecord(t)}}
	s.producer = newProducer(t, s.World)
	for n := range 2 {
		d := daemontest.Start(t, s.Env(map[string]string{"SWEEP_INTERVAL": "10s", "SWEEP_GRACE": "1m"}), s.rec.writer(fmt.Sprintf("instance %d", n)))
		s.daemons = append(s.daemons, d)
		d.AwaitReady(t)
	}
	s.foreign = s.Port.StartRun(porttest.RunSpec{Action: "restart_service", Requester: bob})
	return s
}

// work goes on for a while, in time with a clock.
func (s *soak) work(length time.Duration) {
	s.began = time.Now()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	var sampled time.Time
	for n := 0; time.Since(s.began) < length; n++ {
		<-tick.C
		if s.open() < crowd {
			s.request(n)
		}
		for i := range foreigners {
			s.write(int32(n+i)%4, s.Port.Message(s.foreign, porttest.FormTemplated))
		}
		if time.Since(sampled) >= sampleEvery {
			sampled = time.Now()
			s.sample()
			s.Port.ResetCalls() // or the stand-in would grow
		}
	}
}

// request starts a grant, and revokes the one that has lived long enough.
func (s *soak) request(n int) {
	id := s.Port.StartRun(porttest.RunSpec{
		Action: daemontest.GrantAction, Entity: bucket, Requester: fmt.Sprintf("user%d@example.com", n),
		Properties: map[string]any{"permissions": []string{"s3:PutObject", "s3:ListBucket"}},
	})
	s.grants = append(s.grants, id)
	s.publish(id, n)
	if len(s.grants) > lifetime {
		s.revoke(n)
	}
}

func (s *soak) revoke(n int) {
	id := s.Port.StartRun(porttest.RunSpec{Action: daemontest.RevokeAction, Entity: daemontest.NamePrefix + s.grants[0], Requester: alice})
	s.grants = s.grants[1:]
	s.publish(id, n)
}

func (s *soak) publish(id string, n int) {
	s.runs = append(s.runs, id)
	s.write(int32(n%4), s.Port.Message(id, porttest.Form(n%3)))
}

// open is how many of the last runs have not ended.
func (s *soak) open() (n int) {
	for _, id := range s.runs[max(0, len(s.runs)-4*crowd):] {
		if r, _ := s.Port.Run(id); !r.Ended() {
			n++
		}
	}
	return n
}

// finish takes the rest away, and checks that all went well.
func (s *soak) finish() {
	for n := 0; len(s.grants) > 0; n++ {
		s.revoke(n)
	}
	for _, id := range s.runs {
		var r porttest.RunState
		daemontest.Eventually(s.t, "run "+id+" ends", func() bool { r, _ = s.Port.Run(id); return r.Ended() })
		if r.Status != "SUCCESS" || r.Ends != 1 {
			s.t.Errorf("run %s ended %s: %+v", id, r.Status, r.Logs)
		}
	}
	if roles, policies := s.Names(s.t); len(roles)+len(policies) != 0 {
		s.t.Errorf("left in IAM: roles %v, policies %v", roles, policies)
	}
	for _, d := range s.daemons {
		if code := d.Stop(s.t); code != 0 {
			s.t.Errorf("exit code %d after SIGTERM", code)
		}
	}
}
