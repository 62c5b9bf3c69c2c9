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
	failed  error     // of the last question, if it failed
	tried   time.Time // when it did
}

const (
	askWait = 10 * time.Second // for one answer
	askGap  = 30 * time.Second // between two answers
	failGap = 5 * time.Second  // for which a failure counts: every connection asks
)

// get returns the access in force.
func (c *accessCache) get(ctx context.Context) (port.KafkaAccess, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.asked.IsZero() && (!c.refused || time.Since(c.asked) < askGap) {
		return c.known, nil
	}
	if c.failed != nil && time.Since(c.tried) < failGap {
		return port.KafkaAccess{}, c.failed
	}
	a, err := c.fetch(ctx)
	if err != nil {
		if ctx.Err() == nil { // else it says nothing about the next question
			c.failed, c.tried = err, time.Now()
		}
		return port.KafkaAccess{}, err
	}
	c.known, c.asked, c.refused, c.failed = a, time.Now(), false, nil
	return a, nil
}

func (c *accessCache) fetch(ctx context.Context) (port.KafkaAccess, error) {
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
	return a, nil
}

// refuse says that a broker did not accept the credentials.
func (c *accessCache) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = true
}
