package chaos

import (
	"sync"
	"time"

	"port-iam/test/kit/daemontest"
)

// ending is why an instance may end.
type ending int

const (
	notAtAll ending = iota
	killed          // with SIGKILL
	stopped         // with SIGTERM: it must end cleanly
)

// killing says at which moment an instance is killed.
type killing int

const (
	noKill     killing = iota
	killNow            // wherever it is
	killBefore         // when it is about to change something in AWS
	killAfter          // when it has changed something in AWS and does not know yet
)

func (k killing) String() string {
	return [...]string{"no kill", "an instance is killed", "an instance is killed before a change", "an instance is killed behind a change"}[k]
}

// instance is one place where the program runs, one process after the other.
type instance struct {
	w    *world
	name string
	aws  string // the address under which it sees AWS

	operates bool // it is no daemon, but the commands of operators

	mu       sync.Mutex
	d        *daemontest.Daemon
	may      ending
	trap     killing // for its next change in AWS, of this process or the next
	caught   func()  // counts that it stepped into the trap
	starting bool
}

func (i *instance) daemon() *daemontest.Daemon {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.d
}

func (i *instance) start() {
	d := daemontest.Start(i.w.t, i.w.env(i.aws, map[string]string{
		"SWEEP_INTERVAL": i.w.plan.sweepInterval.String(), "SWEEP_GRACE": sweepGrace.String(),
	}), i.w.rec.writer(i.name))
	i.w.rec.note("%s runs, process %d", i.name, d.PID())
	i.mu.Lock()
	defer i.mu.Unlock()
	i.d, i.may, i.starting = d, notAtAll, false
}

// kill kills the process, or sets a trap for it.
func (i *instance) kill(when killing) {
	if when != killNow {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.trap, i.caught = when, i.w.tally.plan(when.String())
		return
	}
	i.w.tally.plan(when.String())()
	i.end()
}

// end kills the process wherever it is.
func (i *instance) end() {
	i.mu.Lock()
	i.may = killed // perhaps while it stops
	d := i.d
	i.mu.Unlock()
	i.w.rec.note("trouble: %s is killed", i.name)
	d.Kill()
}

// spare takes the trap away.
func (i *instance) spare() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.trap = noKill
}

// step is called for each change in AWS, before and after it is made. It does
// not return before a process that steps into its trap is gone.
func (i *instance) step(when killing) {
	i.mu.Lock()
	caught := i.trap == when
	if caught {
		i.trap = noKill
		i.caught()
	}
	i.mu.Unlock()
	if caught {
		i.end()
	}
}

// tend looks after the process: when it has ended, another one follows.
func (i *instance) tend() {
	i.mu.Lock()
	defer i.mu.Unlock()
	code, ended := i.d.Ended()
	if !ended || i.starting {
		return
	}
	switch {
	case i.may == notAtAll:
		i.w.violation("%s has ended by itself with code %d", i.name, code)
	case i.may == stopped && code != 0:
		i.w.violation("%s ended with code %d after SIGTERM", i.name, code)
	}
	i.starting = true
	i.w.after(time.Duration(i.w.chance.Int64N(int64(4*time.Second))), i.start)
}

// up reports whether the process runs and may go on.
func (i *instance) up() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	_, ended := i.d.Ended()
	return !ended && i.may == notAtAll
}
