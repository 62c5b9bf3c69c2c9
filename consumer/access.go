package consumer

import (
	"context"
	"fmt"
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
	asked   time.Time // when known was returned; zero: never
	refused bool      // a broker did not accept known
}

const (
	askWait = 10 * time.Second // for one answer
	askGap  = 30 * time.Second // between two answers
)

// get returns the access in force.
func (c *accessCache) get(ctx context.Context) (port.KafkaAccess, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked.IsZero() && (!c.refused || time.Since(c.asked) < askGap) {
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
	c.known, c.asked, c.refused = a, time.Now(), false
	return a, nil
}

// refuse says that a broker did not accept the credentials.
func (c *accessCache) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = true
}
