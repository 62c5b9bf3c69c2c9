package grants

import (
	"strings"
	"sync"
)

// confirmed remembers which runs Port has listed for whom. That never changes,
// and one list tells it of all the open runs of a requester, so a backlog needs
// few lists. Losing it costs calls and nothing else.
type confirmed struct {
	mu   sync.Mutex
	runs map[string]string // requester in lower case by run id
}

// confirmedLimit bounds the memory; beyond it everything is forgotten.
const confirmedLimit = 10_000

func (c *confirmed) add(requester string, runs []string) {
	requester = strings.ToLower(requester)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runs == nil || len(c.runs)+len(runs) > confirmedLimit {
		c.runs = map[string]string{}
	}
	for _, id := range runs {
		c.runs[id] = requester
	}
}

func (c *confirmed) has(requester, run string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	by, known := c.runs[run]
	return known && by == strings.ToLower(requester)
}
