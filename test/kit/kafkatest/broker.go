package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"port-iam/test/kit/server"
)

// name is what the broker is called in messages, and the directory that it is
// installed in.
const name = "kafka"

// Broker is a running single-node Kafka, broker and controller in one process.
type Broker struct {
	t     testing.TB
	opts  Options
	ports ports
	java  []string // Arguments of java up to the class to run.
	dir   string   // Certificate, configuration and data.
	log   *os.File // What every process of this broker has printed.
	proc  *server.Process
}

// ports are those of the listeners, all on 127.0.0.1.
type ports struct {
	client     int // SASL_SSL with SCRAM-SHA-512: what the program connects to.
	strict     int // The same with TLS 1.3 only, and with a certificate of each client.
	admin      int // Plaintext, and every client is a super user.
	controller int
}

// Start runs a broker until the test ends. It returns when the user of the
// options can authenticate and has the rights that Port gives. There are no
// topics yet.
func Start(t testing.TB, opts Options) *Broker {
	t.Helper()
	installed := server.Dir(t, name, "java")
	free := server.FreePorts(t, 4)
	b := &Broker{
		t:     t,
		opts:  opts.withDefaults(),
		ports: ports{client: free[0], admin: free[1], controller: free[2], strict: free[3]},
		java:  javaArgs(installed),
		dir:   t.TempDir(),
		log:   server.NewLog(t, name),
	}
	if err := writeCertificate(b.keyFile(), b.CAFile()); err != nil {
		t.Fatalf("make a certificate: %v", err)
	}
	if err := os.WriteFile(b.configFile(), b.config(), 0o600); err != nil {
		t.Fatalf("write the configuration of the broker: %v", err)
	}
	b.format()
	b.run()
	b.awaitLogin(b.opts.User, b.opts.Password)
	b.AllowTopic(b.opts.User, b.RunsTopic())
	b.AllowGroups(b.opts.User, b.opts.Org+".")
	return b
}

// For returns the same broker for a test within the one that started it, whose
// failures are that test's own. The broker ends with the test that started it, and
// only that one may kill and restart it.
func (b *Broker) For(t testing.TB) *Broker {
	c := *b
	c.t, c.proc = t, b.proc.For(t)
	return &c
}

// javaArgs returns the arguments of java for the broker installed in dir. The
// broker is small and short-lived, so the JVM had better start fast than run
// fast.
func javaArgs(dir string) []string {
	return []string{
		"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
		"-Xmx256m",
		"-Dlog4j2.configurationFile=" + filepath.Join(dir, "log4j2.properties"),
		"-cp", filepath.Join(dir, "libs", "*"),
	}
}

// format prepares the data directory, with the one user that has to exist
// before anybody can connect.
func (b *Broker) format() {
	b.t.Helper()
	args := append(b.java[:len(b.java):len(b.java)], "kafka.tools.StorageTool", "format",
		"--standalone", "--cluster-id", clusterID, "--config", b.configFile(),
		"--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", b.opts.User, b.opts.Password))
	if out, err := exec.CommandContext(b.t.Context(), "java", args...).CombinedOutput(); err != nil {
		b.t.Fatalf("format the data of the broker: %v\n%s", err, out)
	}
}

// run starts the process and returns when it is ready.
func (b *Broker) run() {
	b.t.Helper()
	args := append(b.java[:len(b.java):len(b.java)], "kafka.Kafka", b.configFile())
	b.proc = server.Start(b.t, name, b.log, "java", args...)
	b.await("start", ready)
}

// ready returns nil when the broker has registered, leads every partition there
// is and coordinates groups. All groups have one coordinator, since what they
// commit is in one partition.
func ready(ctx context.Context, adm *kadm.Client) error {
	metadata, err := adm.Metadata(ctx)
	if err != nil {
		return err
	}
	if len(metadata.Brokers) != 1 {
		return errors.New("the broker has not registered")
	}
	if err := usable(metadata.Topics); err != nil {
		return err
	}
	offsets, err := adm.FetchOffsets(ctx, "kafkatest")
	if err != nil {
		return err
	}
	return offsets.Error()
}

// Kill ends the broker with SIGKILL, as a crash does. Its data stays.
func (b *Broker) Kill() {
	b.proc.Kill()
}

// Restart starts the broker again, on the same data and ports. If it still
// runs, it is killed first.
func (b *Broker) Restart() {
	b.t.Helper()
	b.Kill()
	b.run()
}

// Brokers returns the address of the SASL_SSL listener, which the user of the
// options connects to.
func (b *Broker) Brokers() string { return server.Addr(b.ports.client) }

// StrictBrokers returns the address of a listener like that of Brokers, which
// refuses clients without TLS 1.3 and clients without a certificate that the
// broker trusts.
func (b *Broker) StrictBrokers() string { return server.Addr(b.ports.strict) }

// AdminBrokers returns the address of the plaintext listener. Every client
// may do everything there.
func (b *Broker) AdminBrokers() string { return server.Addr(b.ports.admin) }

// CAFile returns the PEM file with the certificate to trust.
func (b *Broker) CAFile() string { return filepath.Join(b.dir, "ca.pem") }

// RunsTopic returns the name of the organisation's topic of runs. It exists
// only after CreateTopic.
func (b *Broker) RunsTopic() string { return b.opts.Org + ".runs" }

func (b *Broker) keyFile() string    { return filepath.Join(b.dir, "key.pem") }
func (b *Broker) configFile() string { return filepath.Join(b.dir, "server.properties") }
func (b *Broker) dataDir() string    { return filepath.Join(b.dir, "data") }
