package consumer

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"port-iam/port"
)

// accessCache remembers what Options.Access returned until a broker refuses it.
type accessCache struct {
	ask  func(context.Context) (port.KafkaAccess, error)
	sasl bool // a user name is needed

	mu      sync.Mutex
	known   port.KafkaAccess
	valid   bool      // known has been asked for
	refused bool      // a broker did not accept known
	notYet  time.Time // earliest time to ask again
	gap     time.Duration
}

const (
	askWait   = 10 * time.Second // for one answer
	minAskGap = time.Second
	maxAskGap = time.Minute
)

// get returns the access in force. Asking again is spaced out while the answer
// stays the one that was refused.
func (c *accessCache) get(ctx context.Context) (port.KafkaAccess, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.valid && (!c.refused || time.Now().Before(c.notYet)) {
		return c.known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	a, err := c.ask(ctx)
	if err != nil {
		return port.KafkaAccess{}, fmt.Errorf("get access to Kafka: %w", err)
	}
	if len(a.Brokers) == 0 {
		return port.KafkaAccess{}, &FatalError{Problem: "no Kafka broker is known", Remedy: "set the addresses of the brokers"}
	}
	if c.sasl && (a.Username == "" || a.Password == "") {
		return port.KafkaAccess{}, &FatalError{Problem: "the Kafka user name or password is empty", Remedy: "set both, or the mechanism none"}
	}
	if c.valid && reflect.DeepEqual(a, c.known) {
		c.gap = min(2*c.gap, maxAskGap)
	} else {
		c.gap = minAskGap
	}
	c.notYet = time.Now().Add(c.gap)
	c.known, c.valid, c.refused = a, true, false
	return a, nil
}

// refuse says that a broker did not accept the credentials.
func (c *accessCache) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = true
}
