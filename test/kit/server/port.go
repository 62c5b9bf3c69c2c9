package server

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// Ports are taken from below the range that systems give to outgoing
// connections. From within it, a port could be lost to a client while its
// server is down between two starts, and a client that keeps dialling a dead
// server could even be connected to itself.
const (
	firstPort = 20000
	lastPort  = 32000
)

// FreePorts returns n different TCP ports on which nothing listens at
// 127.0.0.1.
func FreePorts(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	var held []net.Listener // Until all are found, so that no two are the same.
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	for try := 0; len(ports) < n; try++ {
		if try == 1000 {
			t.Fatalf("found %d of %d free ports", len(ports), n)
		}
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := net.Listen("tcp4", Addr(port))
		if err != nil {
			continue
		}
		held = append(held, l)
		ports = append(ports, port)
	}
	return ports
}

// Addr returns the loopback address with the given port.
func Addr(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
