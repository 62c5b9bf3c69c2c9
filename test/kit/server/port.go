package server

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
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
// 127.0.0.1. Until the test ends no other call returns them, in other processes
// neither: a server takes seconds until it listens.
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
		if !claim(t, port) {
			continue
		}
		l, err := net.Listen("tcp4", Addr(port))
		if err != nil {
			continue
		}
		held = append(held, l)
		ports = append(ports, port)
	}
	return ports
}

// claim reports whether nobody else has claimed the port. The claim is a lock on a file,
// which ends with the test, or with its process.
func claim(t testing.TB, port int) bool {
	t.Helper()
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("port-iam-ports-%d", os.Getuid())) // others may not write there
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(port)), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return false
	}
	t.Cleanup(func() { _ = f.Close() })
	return true
}

// Addr returns the loopback address with the given port.
func Addr(port int) string {
	return fmt.Sprintf("127.0.0.1:%d", port)
}
