package server_test

import (
	"net"
	"testing"

	"port-iam/test/kit/server"
)

// TestClaims: a port belongs to one test at a time.
func TestClaims(t *testing.T) {
	if !t.Run("claimed", func(t *testing.T) {
		if !server.Claim(t, 19999) || server.Claim(t, 19999) {
			t.Error("a port can be claimed twice, or not at all")
		}
	}) {
		return
	}
	if !server.Claim(t, 19999) {
		t.Error("the claim outlives its test")
	}
}

// TestFreePorts is not parallel: a process that another test starts would hold
// the sockets for a moment.
func TestFreePorts(t *testing.T) {
	seen := map[int]bool{}
	for _, port := range server.FreePorts(t, 20) {
		if seen[port] {
			t.Errorf("port %d twice", port)
		}
		seen[port] = true
		l, err := net.Listen("tcp4", server.Addr(port))
		if err != nil {
			t.Error(err)
			continue
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
