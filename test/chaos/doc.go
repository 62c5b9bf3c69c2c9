// Package chaos plays a bad day from outside: two instances of the binary on a
// real Kafka broker and moto, while processes are killed, stopped and stalled,
// the broker crashes, AWS throttles and loses answers, Port fails and goes away, and one
// of two accounts cannot be entered or answers late. Meanwhile it watches what must hold at all times, and afterwards an
// oracle that knows nothing of the code checks what docs/guarantees.md promises.
// Beside it stands the soak: the same world without trouble, for memory,
// goroutines and descriptors that must not grow.
//
// There is nothing here but tests, and they need PORT_IAM_REQUIRE_REAL=1:
//
//	make test                100 runs of one seed
//	make chaos               1,000 runs of a new seed
//	make chaos SEED=17       of this one
//	make chaos RUNS=300      so many
//	make soak                10 minutes
//	make soak LENGTH=2h      so long
//
// A seed decides what is asked for, what goes wrong and after which request, and
// what the call to AWS of a number meets. Processes and their threads are real,
// so the order in which things happen is not part of it. What happened, with the
// logs of all instances, is in one file, which is kept when the test fails.
package chaos
