// Package sim is a simulation of whole days in the life of port-iam: a broker,
// Port and an AWS account in memory, up to three instances of the daemon's parts,
// a clock that costs nothing, and trouble of every kind, drawn from a seed. After
// each schedule an oracle that knows nothing of the code checks what
// docs/guarantees.md promises.
//
// There is nothing here but tests:
//
//	PORT_IAM_SIM_SEEDS=2000 go test ./test/sim               so many schedules
//	PORT_IAM_SIM_SEED=17 go test ./test/sim                  one of them, twenty times
//	PORT_IAM_SIM_MUTANTS=1 go test -timeout 1h -v ./test/sim what they find, see TestMutants
//
// Each call that an instance makes has a number, and the seed says what the call
// of a number meets. So a seed played again has the same faults at the same
// numbers; the order in which goroutines run is not part of it.
package sim
