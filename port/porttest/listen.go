package porttest

import (
	"net"

	"port-iam/internal/memnet"
)

// Listener is a net.Listener whose connections are pipes within the process. It
// works in a testing/synctest bubble; make it inside the bubble that uses it.
type Listener = memnet.Listener

// NewListener makes a listener; [Server.Serve] takes it.
func NewListener() *Listener { return memnet.NewListener() }

// Start serves the organisation on a free loopback port until stop is called.
func (s *Server) Start() (url string, stop func(), err error) { return memnet.Start(s) }

// Serve serves the organisation on l until stop is called, which also closes l and
// every connection.
func (s *Server) Serve(l net.Listener) (stop func()) { return memnet.Serve(s, l) }
