package broker

import (
	"flag"
	"os"
	"testing"

	"port-iam/test/kit/daemontest"
)

func TestMain(m *testing.M) {
	// Most tests wait for a time-out of the broker: all of them can wait at once.
	flag.Parse()
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	os.Exit(daemontest.Main(m))
}

// TestBroker runs everything on one broker.
func TestBroker(t *testing.T) {
	t.Parallel()
	shared := daemontest.NewWorld(t, 1)
	t.Run("next run after a crash, with an instance id", func(t *testing.T) { crashWithInstance(newWorld(t, shared)) })
	t.Run("instance leaves", func(t *testing.T) { instanceLeaves(newWorld(t, shared)) })
	for _, c := range []struct {
		name string
		test func(*world)
	}{
		{"memory", memory},
		{"memory, compressed", memoryCompressed},
		{"next run after a crash, without an instance id", crashWithoutInstance},
		{"transaction markers", transactionMarkers},
		{"hanging transaction", hangingTransaction},
		{"commit below the start", commitBelowStart},
		{"retention overtakes a member", retentionOvertakes},
		{"commit past the end", commitPastEnd},
		{"batch too large", batchTooLarge},
		{"draining", draining},
		{"group of another program", groupOfAnotherProgram},
		{"new partitions", newPartitions},
		{"commits refused while joining", commitsRefusedWhileJoining},
		{"fetches unanswered", fetchesUnanswered},
		{"refused TLS", refusedTLS},
		{"instance twice", instanceTwice},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(newWorld(t, shared))
		})
	}
}
