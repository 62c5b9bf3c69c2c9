package iamops

import (
	"math"
	"time"
)

// What the pacer goes by; docs/decisions.md has the reasons.
const (
	// An epoch of calls is judged as soon as it has so many answers or, at a slow
	// pace, after so long.
	epochAnswers = 20
	epochTime    = 5 * time.Second
	// freeTime is how long calls that are free are watched at least.
	freeTime = 500 * time.Millisecond

	tooMany = 0.2  // share of throttled calls at which pacing begins
	below   = 0.95 // times what AWS let through: the new pace
	growth  = 0.05 // of the pace, more after each epoch in a row that went well
	slowest = 1.0  // calls a second

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

	well    int     // epochs in a row that went well
	lowered int     // times in a row that the pace was lowered
	base    float64 // pace before the first of these
	before  float64 // excess before the last of these

	noise     float64 // share of the calls that is throttled at any pace, as the last epochs show
	mostNoise float64 // that it may grow to without an epoch at a lower pace that shows it
	noiseEnds int     // number of the epoch after which it is forgotten
}

// epoch is what is judged as one.
type epoch struct {
	number             int
	began              time.Time
	answers, throttled int
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
	if throttled {
		e.throttled++
	}
	age := now.Sub(e.began)
	if age < epochTime && (e.answers < epochAnswers || p.pace == 0 && age < freeTime) {
		return
	}
	if p.pace == 0 {
		p.judgeFree(now, age)
	} else {
		p.judgePace(now)
	}
}

// judgeFree begins pacing where too many calls of the epoch were throttled.
func (p *pacer) judgeFree(now time.Time, age time.Duration) {
	e := p.epoch
	if e.answers < epochAnswers || p.excess() < tooMany {
		p.start(0, now)
		return
	}
	p.well, p.lowered = 0, 0
	p.waited, p.next = now, now
	p.start(max(below*float64(e.answers-e.throttled)/age.Seconds(), slowest), now)
}

// judgePace finds the pace of the next epoch.
func (p *pacer) judgePace(now time.Time) {
	e, excess, pace := p.epoch, p.excess(), p.pace
	switch {
	case excess == 0:
		p.lowered = 0
		p.noise = min(p.noise+(e.share()-p.noise)/10, p.mostNoise)
		if p.waited.After(e.began) { // else the pace was not tried
			p.well++
			pace *= 1 + growth*float64(p.well)
		}
	case p.lowered >= usefulAt && excess > p.before/2:
		p.noise = min(maxNoise, p.noise+(1-p.noise)*(excess+p.before)/2)
		p.noiseEnds = e.number + forgetAfter
		p.mostNoise = p.noise + (1-p.noise)/8
		p.well, p.lowered = 0, 0
		pace = p.base
	default:
		if p.lowered == 0 {
			p.base = pace
		}
		p.well, p.before = 0, excess
		p.lowered++
		// As if one more had been let through: the pace is never lowered to 0.
		n := float64(e.answers)
		pace *= below * (n*(1-excess) + 1) / (n + 1)
	}
	p.start(max(pace, slowest), now)
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
