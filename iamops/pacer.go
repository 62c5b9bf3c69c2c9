package iamops

import (
	"math"
	"time"
)

// What the pacer goes by; docs/decisions.md has the reasons.
const (
	// An epoch of calls is judged as soon as it has so many answers.
	epochAnswers = 20
	// little is let through in an epoch if it is less than this. Nothing is known
	// then of the pace to come: it doubles after as many calls in a row that were
	// let through.
	little = 4
	// freeTime and freeTimeMost are how long calls that are free are watched.
	freeTime, freeTimeMost = 500 * time.Millisecond, 5 * time.Second

	tooMany = 0.2  // share of throttled calls at which pacing begins
	below   = 0.95 // times what AWS let through: the new pace
	atLeast = 0.25 // times the pace: the new pace
	slowest = 1.0  // calls a second
	growth  = 0.05 // of the pace, more after each epoch in a row that went well

	// usefulAt is how often in a row the pace is lowered before it counts as
	// useless, and forgetAfter for how many epochs.
	usefulAt    = 2
	forgetAfter = 30
	// maxNoise is the most that is put up with.
	maxNoise = 0.95

	// idleTime without a call that had to wait ends pacing.
	idleTime = 10 * time.Second
)

// pacer finds the pace at which AWS lets calls through. It learns from one epoch
// of calls after another, each of which is sent at the same pace.
//
// IAM is the same in two kinds of trouble, which ask for the opposite. Where it
// counts the calls, a pace a little below what it let through ends the throttling.
// Where it throttles at random, or others in the account take whatever is left, a
// lower pace ends nothing. So the pace is lowered; and where that changes nothing,
// it goes back, and that share of throttled calls counts as noise for some epochs.
type pacer struct {
	pace   float64   // calls a second; 0: none, calls are free
	next   time.Time // when the next call may go
	waited time.Time // when a call last had to wait for the pace
	epoch  epoch

	unknown bool    // little was let through in the last epoch that did not go well
	well    int     // epochs in a row that went well
	lowered int     // epochs in a row after which the pace was lowered
	base    float64 // pace before the first of these
	tried   sums    // of these epochs

	noise     float64 // share of the calls that is throttled at any pace, as the last epochs show
	mostNoise float64 // that it may grow to without an epoch at a lower pace that shows it
	noiseEnds int     // number of the epoch after which it is forgotten
}

// sums are those of epochs that did not go well: the calls that were answered, those
// of them that were let through, and the seconds it took to send them
// at their pace.
type sums struct{ answers, through, seconds float64 }

func (s sums) plus(o sums) sums {
	return sums{s.answers + o.answers, s.through + o.through, s.seconds + o.seconds}
}

// epoch is what is judged as one.
type epoch struct {
	number             int
	began              time.Time
	answers, throttled int
	row                int // let through, since the last that was throttled
}

func (e epoch) share() float64 { return float64(e.throttled) / float64(e.answers) }

// pass notes that a call is sent, and returns its epoch.
func (p *pacer) pass(now time.Time) (epoch int) {
	if p.pace > 0 {
		between := time.Duration(float64(time.Second) / p.pace)
		if late := now.Add(-between); p.next.Before(late) {
			p.next = late // at most one call makes up for time that was lost
		}
		p.next = p.next.Add(between)
	}
	return p.epoch.number
}

// hasWaited notes that a call waits, for the pace if there is one.
func (p *pacer) hasWaited(now time.Time) {
	if p.pace > 0 && p.next.After(now) {
		p.waited = now
	}
}

// rest ends pacing when no call has had to wait for long.
func (p *pacer) rest(now time.Time) {
	if p.pace > 0 && now.Sub(p.waited) > idleTime {
		p.start(0, now)
	}
}

// learn takes note of an answer to a call of an epoch.
func (p *pacer) learn(epoch int, throttled bool) {
	e := &p.epoch
	if epoch != e.number {
		return // it was sent at another pace
	}
	now := time.Now()
	if p.pace == 0 && e.answers == 0 {
		// What came before the first throttled call may have been a burst, which
		// says nothing about the pace to come.
		if !throttled {
			return
		}
		e.began = now
	}
	e.answers++
	e.row++
	if throttled {
		e.throttled++
		e.row = 0
	}
	switch age := now.Sub(e.began); {
	case p.pace > 0 && p.unknown && e.row >= little:
		p.grow(now)
	case p.pace > 0 && e.answers >= epochAnswers:
		p.judgePace(now)
	case p.pace == 0 && (e.answers >= epochAnswers && age >= freeTime || age >= freeTimeMost):
		p.judgeFree(now, age)
	}
}

// judgeFree begins pacing where too many calls of the epoch were throttled.
func (p *pacer) judgeFree(now time.Time, age time.Duration) {
	excess := p.excess()
	if p.epoch.answers < epochAnswers || excess < tooMany {
		p.start(0, now)
		return
	}
	p.lowered = 0
	p.waited, p.next = now, now
	p.pace = float64(p.epoch.answers) / age.Seconds()
	p.lower(p.sums(excess), now)
}

// judgePace finds the pace of the next epoch.
func (p *pacer) judgePace(now time.Time) {
	e, excess := p.epoch, p.excess()
	s := p.sums(excess)
	switch {
	case excess == 0:
		p.noise = min(p.noise+(e.share()-p.noise)/10, p.mostNoise)
		p.grow(now)
	case p.isRandom(s):
		s = s.plus(p.tried)
		p.noise = min(maxNoise, p.noise+(1-p.noise)*(1-s.through/s.answers))
		p.noiseEnds = e.number + forgetAfter
		p.mostNoise = p.noise + (1-p.noise)/8
		p.lowered, p.well, p.unknown = 0, 0, false
		p.start(p.base, now)
	default:
		if p.lowered == 0 {
			p.base, p.tried = p.pace, sums{}
		}
		if p.pace > slowest {
			p.lowered++
		}
		if p.pace > slowest || p.tried.through < little {
			p.tried = p.tried.plus(s)
		}
		p.lower(s, now)
	}
}

// sums are those of this epoch.
func (p *pacer) sums(excess float64) sums {
	n := float64(p.epoch.answers)
	return sums{n, (1 - excess) * n, n / p.pace}
}

// isRandom reports whether an epoch at a pace that was lowered shows that this
// changes nothing: of its calls, about as many were let through as of those before
// it, not as many as in the same time.
func (p *pacer) isRandom(s sums) bool {
	if p.lowered < usefulAt || p.tried.through < little {
		return false // too little is known
	}
	random := p.tried.through / p.tried.answers
	counted := min(1, p.tried.through/p.tried.seconds/p.pace)
	return s.through/s.answers < (random+counted)/2
}

// grow begins an epoch at a higher pace, if calls have waited for the last one:
// otherwise it was not tried.
func (p *pacer) grow(now time.Time) {
	pace := p.pace
	if p.lowered = 0; p.waited.After(p.epoch.began) {
		p.well++
		if pace *= 1 + growth*float64(p.well); p.unknown {
			pace = 2 * p.pace
		}
	}
	p.start(pace, now)
}

// lower begins an epoch at a pace a little below what was let through in this one.
func (p *pacer) lower(s sums, now time.Time) {
	p.well, p.unknown = 0, s.through < little
	// As if one more had been let through.
	part := below * (s.through + 1) / (s.answers + 1)
	p.start(max(p.pace*max(part, atLeast), slowest), now)
}

// excess is the share of the calls of this epoch that was throttled beyond noise,
// as far as chance does not explain it.
func (p *pacer) excess() float64 {
	e := p.epoch
	if e.number > p.noiseEnds {
		p.noise = 0
	}
	chance := 2 * math.Sqrt(p.noise*(1-p.noise)/float64(e.answers))
	if e.share() <= p.noise+chance {
		return 0
	}
	return (e.share() - p.noise) / (1 - p.noise)
}

// start begins an epoch with a pace; 0 is none.
func (p *pacer) start(pace float64, now time.Time) {
	if p.pace = pace; pace == 0 {
		p.next = time.Time{}
	}
	p.epoch = epoch{number: p.epoch.number + 1, began: now}
}
