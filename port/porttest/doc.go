// Package porttest is a stand-in for Port's API: blueprints, entities, actions
// and runs in memory, behind real HTTP.
//
// It is strict: what Port's published schemas do not allow is refused, so that a
// request which passes here is one that Port documents. It carries nothing out.
//
// Start from [New]; [Server.Start] serves on loopback, [Server.Serve] on a
// [Listener] in memory, which also works where time is faked. Faults are
// injected with [Server.Fault].
package porttest
