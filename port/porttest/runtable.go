package porttest

import (
	"cmp"
	"slices"
	"strings"
)

// runTable holds the runs in the order of their creation, and by what they are
// asked for.
type runTable struct {
	byID map[string]*run
	// external has the runs by the id that their backend gave them.
	external map[string]*run
	all      []*run
	active   map[*run]struct{} // that have not ended
	// by has the runs of each value of a filter.
	by map[filter][]*run
}

// filter is a query parameter of the list of runs and its value.
type filter struct{ name, value string }

func newRunTable() runTable {
	return runTable{byID: map[string]*run{}, external: map[string]*run{}, active: map[*run]struct{}{}, by: map[filter][]*run{}}
}

// get returns the run that a route names by its id or by its backend's; nil when
// there is none.
func (t *runTable) get(id string) *run {
	if r := t.byID[id]; r != nil {
		return r
	}
	return t.external[id]
}

func (t *runTable) add(r *run) {
	r.seq = len(t.all)
	t.byID[r.ID] = r
	t.all = append(t.all, r)
	t.active[r] = struct{}{}
	for _, f := range r.filters() {
		t.by[f] = append(t.by[f], r)
	}
}

// filters are what the run is indexed by; none of it changes.
func (r *run) filters() []filter {
	return []filter{
		{"action", r.Action},
		{"blueprint", r.Blueprint},
		{"entity", r.Entity},
		{"user_email", strings.ToLower(r.Requester)},
		{"user_id", r.userID},
	}
}

// find returns the newest runs that all filters fit, newest first. It looks only
// at the runs that the most selective filter leaves.
func (t *runTable) find(filters []filter, activeOnly bool, limit int, fits func(*run) bool) []*run {
	candidates := t.all
	for _, f := range filters {
		if list := t.by[f]; len(list) < len(candidates) {
			candidates = list
		}
	}
	if activeOnly && len(t.active) < len(candidates) {
		candidates = make([]*run, 0, len(t.active))
		for r := range t.active {
			candidates = append(candidates, r)
		}
		slices.SortFunc(candidates, func(a, b *run) int { return cmp.Compare(a.seq, b.seq) })
	}
	var found []*run
	for _, r := range slices.Backward(candidates) {
		if len(found) == limit {
			break
		}
		has := r.filters()
		if activeOnly && r.Ended() || !fits(r) || slices.ContainsFunc(filters, func(f filter) bool { return !slices.Contains(has, f) }) {
			continue
		}
		found = append(found, r)
	}
	return found
}
