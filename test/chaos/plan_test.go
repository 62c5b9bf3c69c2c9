package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// plan is what a seed decides beforehand.
type plan struct {
	seed          uint64
	partitions    int32
	sweepInterval time.Duration
	standstill    time.Duration // after that the day goes on although all are busy
	orders        []*order
	steps         []step
}

// step is something that happens when its turn comes. Turns count placed orders
// and not seconds, so that a slow machine plays the same.
type step struct {
	turn float64
	do   func(w *world)
}

// drawing makes a plan.
type drawing struct {
	*plan
	*rand.Rand
	runs   int // how many there are to be
	grants int // drawn so far
	noises int
}

func draw(seed uint64, runs int) *plan {
	d := &drawing{plan: &plan{seed: seed, partitions: 4, sweepInterval: 10 * time.Second, standstill: 300 * time.Millisecond}, Rand: rand.New(rand.NewPCG(seed, 0xC4A05)), runs: runs}
	if runs >= longDay {
		d.sweepInterval, d.standstill = 90*time.Second, 10*time.Second
	}
	for len(d.orders) < runs {
		turn := float64(len(d.orders))
		switch roll := d.Float64(); {
		case roll < 0.06:
			d.foreign(turn)
		case roll < 0.14:
			d.noise(turn)
		default:
			d.grant(turn)
		}
	}
	d.trouble()
	slices.SortStableFunc(d.steps, func(a, b step) int { return cmp.Compare(a.turn, b.turn) })
	return d.plan
}

func (d *drawing) at(turn float64, do func(w *world)) {
	d.steps = append(d.steps, step{min(turn, float64(d.runs)), do})
}

// add counts an order and gives it its run.
func (d *drawing) add(letter string, o *order) *order {
	o.run = fmt.Sprintf("r_%s%04d", letter, len(d.orders)+1)
	d.orders = append(d.orders, o)
	return o
}

func (d *drawing) between(least, most float64) float64 { return least + d.Float64()*(most-least) }

func (d *drawing) seconds(least, most float64) time.Duration {
	return time.Duration(d.between(least, most) * float64(time.Second))
}

func (d *drawing) chance(p float64) bool { return d.Float64() < p }

func pick[T any](d *drawing, from ...T) T { return from[d.IntN(len(from))] }
