package sim

import (
	"cmp"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"
)

// plan is a schedule: everything that the seed decides before it begins.
type plan struct {
	seed       uint64
	logLevel   slog.Level
	instances  int
	partitions int32

	portDelay, awsDelay time.Duration
	visibility          time.Duration
	lag                 time.Duration // the longest that a write stays invisible
	behind              time.Duration // how far reads are apart at most
	rate, burst         float64
	weather             weather
	// signed records are required, and other instances have other settings.
	signed, mixed bool

	events   []event
	grants   []*order // those that are requested one by one
	rushed   []*order // and those at once, in the account that has trouble
	inTheWay []*order // grants whose name a foreign role has
	// elsewhere are entities of another account, named like grants.
	elsewhere []string
	// calm is when no new trouble begins, settled when the last of it is over.
	calm, settled time.Duration
	// checked is when the oracle looks.
	checked time.Duration
	// patience says that a request may fail because Port or AWS was away too long.
	patience bool
	// expires says that Port's automation is installed.
	expires bool
	// last is when the last request is made, but for what Port's timers start.
	last time.Duration
	// quiet schedules hold no trouble at all, busy ones none but throttling.
	quiet, busy bool
	// console: grants hold what AWS's console needs.
	console bool
	// audits: decisions are audited.
	audits bool
	// store: requesters are looked up in IAM Identity Center.
	store bool

	// second: two accounts are served. out: one of them is not for a while. ill is the
	// account that has trouble of its own, in a way that lasts; "": none has.
	second, out bool
	ill         string
	rushes      time.Duration // when a busy schedule is busiest
}

// event is something that happens at a time.
type event struct {
	at   time.Duration
	what string
	do   func(w *world)
}

func (pl *plan) at(at time.Duration, what string, do func(w *world)) {
	pl.events = append(pl.events, event{at, what, do})
}

// early has something happen before everything else.
func (pl *plan) early(what string, do func(w *world)) {
	pl.events = append([]event{{0, what, do}}, pl.events...)
}

// drawing is a plan in the making.
type drawing struct {
	*plan
	*rand.Rand
	runs int
}

func (d *drawing) chance(p float64) bool { return d.Float64() < p }

func (d *drawing) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.Int64N(int64(most-least)/int64(time.Millisecond)))*time.Millisecond
}

func pick[T any](d *drawing, from ...T) T { return from[d.IntN(len(from))] }

// draw makes the plan of a seed.
func draw(seed uint64) *plan {
	d := &drawing{plan: &plan{seed: seed, logLevel: slog.LevelWarn}, Rand: rand.New(rand.NewPCG(seed, 0x5EED))}
	d.quiet = d.chance(0.08)
	d.instances = pick(d, 1, 2, 2, 2, 3, 3)
	d.partitions = pick(d, int32(1), 2, 3, 5)
	d.portDelay = d.between(0, 80*time.Millisecond)
	d.awsDelay = d.between(0, 120*time.Millisecond)
	d.visibility = pick(d, 0, 0, time.Second, 4*time.Second, 10*time.Second)
	d.expires = d.chance(0.8)
	d.last = pick(d, 3*time.Minute, 8*time.Minute, 8*time.Minute, 18*time.Minute)
	d.calm = d.last + time.Minute
	far := d.aside(300)
	far.secondAccount()
	rush := d.aside(100)
	if d.busy = rush.chance(busyShare); d.busy {
		d.quiet = true
	}
	d.start()
	d.request()
	if !d.quiet {
		d.trouble()
	}
	d.others()
	if d.busy {
		d.quiet = false
		rush.rush()
	}
	d.aside(200).rare()
	far.accounts()
	d.aside(500).catalogued()
	d.aside(600).audited()
	d.aside(700).users()
	if d.mixed && len(d.rushed) > 0 {
		// Those that differ are many: they wait for their turn as well, and that time
		// does not count as spent on the difference.
		d.settled += 11 * time.Minute
	}
	d.settled += d.calm
	// A lost run is first seen in a sweep after the trouble, and settled in the
	// first one after the grace.
	d.checked = max(d.settled+sweepGrace+3*sweepInterval+2*time.Minute, d.last+shortest+2*sweepInterval+3*time.Minute)
	slices.SortStableFunc(d.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return d.plan
}

// start spreads the starts of the instances.
func (d *drawing) start() {
	for i := range d.instances {
		var at time.Duration
		if i > 0 && d.chance(0.4) && !d.busy {
			at = d.between(0, d.last)
		}
		d.at(at, "", func(w *world) { w.start(i) })
	}
}

// restart is how long after its death an instance is replaced.
func (pl *plan) restart(name string) time.Duration {
	sum := pl.seed
	for _, c := range name {
		sum = sum*31 + uint64(c)
	}
	r := rand.New(rand.NewPCG(sum, 1))
	return time.Duration(r.IntN(40_000)) * time.Millisecond
}
