package sim

import (
	"context"
	"encoding/binary"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// cable is a connection of one instance to the broker. It stops with its
// process, and commits that pass over it are numbered like other calls.
type cable struct {
	net.Conn
	p *process
}

// dialBroker is the instance's way to the broker.
func (p *process) dialBroker(ctx context.Context, network, addr string) (net.Conn, error) {
	if _, err := p.pass(); err != nil {
		return nil, err
	}
	conn, err := p.tracked(p.w.network.DialContext)(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &cable{Conn: newBuffered(conn), p: p}
	p.mu.Lock()
	p.cables = append(p.cables, c)
	p.mu.Unlock()
	return c, nil
}

// latency is how long the network takes. Without it, a broker that answers at
// once that it has nothing would be asked again without end at the same instant.
const latency = time.Millisecond

// Read is part of net.Conn.
func (c *cable) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	sleep(context.Background(), latency)
	if _, dead := c.p.pass(); dead != nil {
		return 0, dead
	}
	return n, err
}

// Write is part of net.Conn. A request of Kafka is written in one piece: four
// bytes of length, then its key.
func (c *cable) Write(b []byte) (int, error) {
	if _, err := c.p.pass(); err != nil {
		return 0, err
	}
	if len(b) < 6 || binary.BigEndian.Uint16(b[4:]) != uint16(kmsg.OffsetCommit) {
		return c.Conn.Write(b)
	}
	n, f := c.p.w.number(c.p, "kafka OffsetCommit")
	if f.kind != noFault {
		c.p.w.trace.add("#%d %s: %s", n, c.p.name, f)
	}
	switch f.kind {
	case crashBefore:
		c.p.crash()
		return 0, errDead
	case lostRequest, hang, answered:
		_ = c.Close()
		return 0, errReset
	case stallBefore:
		c.p.freeze(f.length)
		if _, err := c.p.pass(); err != nil {
			return 0, err
		}
	}
	size, err := c.Conn.Write(b)
	switch f.kind {
	case crashAfter:
		c.p.crash()
		return 0, errDead
	case lostAnswer, late:
		_ = c.Close()
	case stallAfter:
		c.p.freeze(f.length)
	}
	return size, err
}

// unplug closes the connections to the broker; new ones can be made. It returns how
// many there were.
func (p *process) unplug() int {
	p.mu.Lock()
	cables := p.cables
	p.cables = nil
	p.mu.Unlock()
	for _, c := range cables {
		_ = c.Close()
	}
	return len(cables)
}
