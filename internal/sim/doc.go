// Package sim is a simulation of whole days in the life of port-iam: a broker,
// Port and an AWS account in memory, up to three instances of the daemon's parts,
// a clock that costs nothing, and trouble of every kind, drawn from a seed. After
// each schedule an oracle that knows nothing of the code checks what
// docs/guarantees.md promises.
//
// There is nothing here but tests. PORT_IAM_SIM_SEEDS sets how many schedules
// are played, PORT_IAM_SIM_SEED plays one of them twenty times: the faults and
// the calls that they meet are the same each time, the order in which goroutines
// run is not.
package sim
