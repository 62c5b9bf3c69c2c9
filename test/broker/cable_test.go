package broker

import (
	"context"
	"encoding/binary"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// cable is the network of one consumer. It shows every request to pass, which may
// wait, before it goes to the broker. A request for which pass is false never
// arrives, and so is never answered.
type cable struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu   sync.Mutex
	pass func(kmsg.Key) bool
}

func (c *cable) set(pass func(kmsg.Key) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pass = pass
}

func (c *cable) passes(key kmsg.Key) bool {
	c.mu.Lock()
	pass := c.pass
	c.mu.Unlock()
	return pass == nil || pass(key)
}

func (c *cable) open(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &end{Conn: conn, cable: c}, nil
}

// end is the client's end of a connection. A client writes requests one after the
// other, each with its length before it and its key in front.
type end struct {
	net.Conn
	cable *cable
	rest  []byte // of a request that is not complete
}

// Write is part of net.Conn.
func (e *end) Write(p []byte) (int, error) {
	e.rest = append(e.rest, p...)
	for len(e.rest) >= 6 {
		size := 4 + int(binary.BigEndian.Uint32(e.rest))
		if len(e.rest) < size {
			break
		}
		request := e.rest[:size]
		e.rest = e.rest[size:]
		if !e.cable.passes(kmsg.Key(binary.BigEndian.Uint16(request[4:]))) {
			continue
		}
		if _, err := e.Conn.Write(request); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
