package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"port-iam/internal/audit"
)

// auditedShare is the share of schedules in which decisions are audited.
const auditedShare = 0.5

// entry is an event that was kept, read without the code that writes it.
type entry struct {
	Event, Grant, Account, Requester, Approver, Actor, By string
	RunID                                                 string `json:"run_id"`
	RoleID                                                string `json:"role_id"`
	PortAction                                            string `json:"port_action"`
	Permissions, Actions                                  []string
	End                                                   string
}

// ledger holds the events of all instances in the order in which they were kept.
type ledger struct {
	mu      sync.Mutex
	entries []entry
	writes  int             // numbered so far
	unkept  map[string]bool // grants and runs of which an event may be missing
	away    string          // how the files cannot be written; "": they can
	back    chan struct{}   // closed when they can again
}

// The ways in which files cannot be written.
const (
	diskFull  = "the disks of the audit files are full"
	diskHangs = "the disks of the audit files hang"
)

// audited draws whether decisions are audited, and when that is not possible.
func (d *drawing) audited() {
	if d.audits = d.chance(auditedShare); !d.audits || d.busy || d.second && d.quiet {
		return
	}
	for range pick(d, 0, 1, 1, 2) {
		from, how := d.between(0, d.last), pick(d, diskFull, diskHangs)
		length := pick(d, d.between(time.Second, time.Minute), d.between(time.Minute, 6*time.Minute), d.between(6*time.Minute, 20*time.Minute))
		d.calm = max(d.calm, from+length)
		d.settled = max(d.settled, 2*time.Minute)
		d.at(from, how, func(w *world) { w.stopFiles(how, length) })
		if d.quiet {
			d.inTime(from+d.between(0, length), d.IntN(1000))
		}
	}
}

// stopFiles has all audit files take no event for a while.
func (w *world) stopFiles(how string, length time.Duration) {
	l := &w.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away != "" {
		return
	}
	l.away, l.back = how, make(chan struct{})
	w.tally.add(how, 1)
	w.background(length, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.away = ""
		close(l.back)
		w.trace.add("the audit files can be written again")
	})
}

// inTime draws a revocation that finds the files away: it must not wait for them.
func (d *drawing) inTime(at time.Duration, which int) {
	r := &order{kind: kindRevoke, run: d.newRun("v"), requester: alice}
	d.at(at, "a revocation while the audit files are away", func(w *world) {
		o := w.untouched(which)
		if o == nil {
			return
		}
		r.target, r.entity = o, o.name()
		w.place(r)
		w.background(cutWithin, func() {
			if w.observer.usable(o.name()) {
				w.violation("the access of %s was not cut %s after revocation %s, and only the audit files are away", o.run, cutWithin, r.run)
			}
		})
	})
}

// journal is the audit file of one instance.
type journal struct {
	p    *process
	text []byte // behind the last line
}

// noted is a log that notes of which events its user knows that they may not be kept.
type noted struct {
	*audit.Log
	p *process
}

// Write is part of grants.Audit.
func (n *noted) Write(ctx context.Context, e audit.Event) error {
	err := n.Log.Write(ctx, e)
	if _, dead := n.p.pass(); err != nil && dead == nil {
		l := &n.p.w.ledger
		l.mu.Lock()
		l.unkept[e.Grant], l.unkept[e.RunID] = true, true
		l.mu.Unlock()
		n.p.w.trace.add("%s: audit event %s of %s, grant %s may not be kept: %v", n.p.name, e.Event, e.RunID, e.Grant, err)
	}
	return err
}

// auditLog is where an instance keeps its events; nil in a schedule without.
func (p *process) auditLog(log *slog.Logger) *noted {
	if !p.w.plan.audits {
		return nil
	}
	return &noted{audit.To(&journal{p: p}, "of "+p.name, audit.Options{Version: "sim", Log: log}), p}
}

var errFull = errors.New("no space left on device")

// Write is part of io.Writer. Like a numbered call, a write may be the last thing that
// its process does, or stall it.
func (j *journal) Write(line []byte) (int, error) {
	w := j.p.w
	if _, err := j.p.pass(); err != nil {
		return 0, err
	}
	f := w.auditFault()
	if f.kind != noFault {
		w.tally.add(ofAudit(f.kind), 1)
		w.trace.add("%s: audit file: %s", j.p.name, f)
	}
	switch f.kind {
	case crashBefore:
		j.p.crash()
		return 0, errDead
	case hang:
		sleep(context.Background(), f.length)
	}
	if _, err := j.p.pass(); err != nil {
		return 0, err
	}
	kept := line
	if f.kind == lostRequest {
		kept = line[:len(line)/2]
	}
	if err := w.ledger.wait(); err != nil {
		return 0, err
	}
	j.keep(kept)
	switch f.kind {
	case crashAfter:
		j.p.crash()
		return 0, errDead
	case stallAfter:
		j.p.freeze(f.length)
		_, _ = j.p.pass()
	case lostRequest, lostAnswer:
		return len(kept), errFull
	}
	return len(line), nil
}

// wait returns when files can be written, or says that they cannot.
func (l *ledger) wait() error {
	for {
		l.mu.Lock()
		how, back := l.away, l.back
		l.mu.Unlock()
		switch how {
		case "":
			return nil
		case diskFull:
			return errFull
		}
		<-back
	}
}

// auditFault is what the next write to an audit file meets.
func (w *world) auditFault() fault {
	l := &w.ledger
	l.mu.Lock()
	l.writes++
	n := l.writes
	l.mu.Unlock()
	if w.calm() {
		return fault{}
	}
	r := rand.New(rand.NewPCG(w.plan.seed, 0xAD17+uint64(n)))
	roll, weather := r.Float64(), w.plan.weather
	length := time.Second + time.Duration(r.IntN(30_000))*time.Millisecond
	switch {
	case roll < 4*weather.crash:
		return fault{kind: []faultKind{crashBefore, crashAfter}[r.IntN(2)]}
	case roll < 4*weather.crash+weather.stall:
		return fault{kind: stallAfter, length: length}
	case roll < 4*weather.crash+weather.stall+weather.loss/2:
		return fault{kind: []faultKind{lostRequest, lostAnswer, hang}[r.IntN(3)], length: length}
	}
	return fault{}
}

// ofAudit is the kind of what a write to an audit file meets.
func ofAudit(kind faultKind) string {
	switch kind {
	case crashBefore, crashAfter:
		return killed
	case stallAfter:
		return stalled
	}
	return "an audit file: " + kind.String()
}

// keep appends to the file, and reads the events that are whole.
func (j *journal) keep(text []byte) {
	l := &j.p.w.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	j.text = append(j.text, text...)
	for {
		line, rest, whole := bytes.Cut(j.text, []byte("\n"))
		if !whole {
			return
		}
		j.text = rest
		var e entry
		if len(line) == 0 || json.Unmarshal(line, &e) != nil {
			continue // the end of a torn line, which is told as an event that is missing
		}
		j.p.w.trace.add("%s: audit event %s of %s, grant %s, role %s %s", j.p.name, e.Event, e.RunID, e.Grant, e.RoleID, e.By)
		l.entries = append(l.entries, e)
	}
}
