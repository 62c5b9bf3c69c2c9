package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// gauge is something that must not grow.
type gauge struct {
	name, metric string
	unit         float64 // what the metric is divided by for people
	// growth is by how much the median may rise from the third tenth of the time
	// to the last: the garbage collector moves memory to and fro, and each
	// connection that waits for its next use has a descriptor and two goroutines.
	growth float64
}

var gauges = []gauge{
	{"resident memory, MiB", "process_resident_memory_bytes", 1 << 20, 4},
	{"heap in use, MiB", "go_memstats_heap_inuse_bytes", 1 << 20, 2},
	{"goroutines", "go_goroutines", 1, 20},
	{"open descriptors", "process_open_fds", 1, 10},
}

// sample is what the instances say of themselves at one moment.
type sample struct {
	after  time.Duration
	values [][]float64 // by instance, in the order of gauges
}

func (s *soak) sample() {
	x := sample{after: time.Since(s.began)}
	for _, d := range s.daemons {
		_, body := d.Get(s.t, "/metrics")
		values := make([]float64, len(gauges))
		for i, g := range gauges {
			values[i] = metric(s.t, body, g.metric) / g.unit
		}
		x.values = append(x.values, values)
	}
	s.samples = append(s.samples, x)
}

// report prints the figures and checks that they are flat.
func (s *soak) report(length time.Duration) {
	lines := []string{fmt.Sprintf("%d runs in %s", len(s.runs), length)}
	for i := range s.daemons {
		for k, g := range gauges {
			var tenths []float64
			text := ""
			for n := range time.Duration(10) {
				tenths = append(tenths, s.median(i, k, length*n/10, length*(n+1)/10))
				text += fmt.Sprintf(" %.1f", tenths[n])
			}
			lines = append(lines, fmt.Sprintf("instance %d, %s: %.1f at most, medians by tenth%s", i, g.name, s.most(i, k), text))
			if early, last := tenths[2], tenths[9]; last > early+g.growth {
				s.t.Errorf("instance %d, %s: %.1f became %.1f", i, g.name, early, last)
			}
		}
	}
	s.t.Log(strings.Join(lines, "\n"))
}

// median of a gauge of an instance between two times.
func (s *soak) median(instance, gauge int, from, to time.Duration) float64 {
	var all []float64
	for _, x := range s.samples {
		if x.after >= from && x.after <= to {
			all = append(all, x.values[instance][gauge])
		}
	}
	if len(all) == 0 {
		s.t.Fatalf("no samples between %s and %s", from, to)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (s *soak) most(instance, gauge int) (most float64) {
	for _, x := range s.samples {
		most = max(most, x.values[instance][gauge])
	}
	return most
}
