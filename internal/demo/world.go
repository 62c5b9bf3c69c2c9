package demo

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// What the world is called.
const (
	Org            = "org_demo"
	Account        = "123456789012"
	ClientID       = "demo-client"
	ClientSecret   = "demo-secret"
	KafkaMechanism = "SCRAM-SHA-512"

	kafkaPassword = "demo-password"
	topic         = Org + ".runs"
	boundaryName  = "PortIamBoundary"
	partitions    = 6
	produceTime   = 10 * time.Second
)

// Boundary is the ARN of the permissions boundary that exists in the account.
const Boundary = "arn:aws:iam::" + Account + ":policy/" + boundaryName

// Options make the world slower than it is.
type Options struct {
	// PortDelay and AWSDelay are waited before each call is applied.
	PortDelay, AWSDelay time.Duration
	// Partitions of the topic; 0 means 6.
	Partitions int32
	// Hold keeps runs from the topic until [World.Release].
	Hold bool
	// Log gets what went wrong in the world itself.
	Log *slog.Logger
}

// World is an organisation of Port with its Kafka, and an AWS account. Every run
// that becomes ready in Port is written to the topic.
type World struct {
	Port    *porttest.Server
	AWS     *iamtest.Server
	PortURL string
	AWSURL  string
	Brokers []string

	opts   Options
	kafka  *kfake.Cluster
	client *kgo.Client
	stops  []func()

	mu   sync.Mutex
	held []string // runs not yet written; only used with Hold
}

// NewWorld makes the world with the guide's data model, resources and
// permissions. Close ends it.
func NewWorld(o Options) (*World, error) {
	if o.Partitions == 0 {
		o.Partitions = partitions
	}
	w := &World{opts: o}
	if err := w.start(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (w *World) start() (err error) {
	w.kafka, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(w.opts.Partitions, topic),
		kfake.EnableSASL(), kfake.Superuser("PLAIN", "port", kafkaPassword), kfake.Superuser(KafkaMechanism, Org, kafkaPassword))
	if err != nil {
		return fmt.Errorf("start the broker: %w", err)
	}
	w.stops = append(w.stops, w.kafka.Close)
	w.Brokers = w.kafka.ListenAddrs()
	w.client, err = newProducer(w.Brokers)
	if err != nil {
		return fmt.Errorf("connect to the broker: %w", err)
	}
	w.stops = append(w.stops, w.client.Close)

	w.Port = porttest.New(porttest.Options{
		OrgID: Org, ClientID: ClientID, ClientSecret: ClientSecret, Delay: w.opts.PortDelay,
		KafkaBrokers: w.Brokers, KafkaUsername: Org, KafkaPassword: kafkaPassword,
	})
	w.Port.GuideModel()
	w.Port.GuideSamples(Account)
	w.stops = append(w.stops, w.Port.OnRun(w.publish))
	w.AWS = iamtest.New(iamtest.Options{Account: Account, Delay: w.opts.AWSDelay, MaxRoles: 10_000, MaxPolicies: 10_000})
	w.AWS.AddPolicy(Boundary, boundaryDocument)

	var stop func()
	if w.PortURL, stop, err = w.Port.Start(); err != nil {
		return err
	}
	w.stops = append(w.stops, stop)
	if w.AWSURL, stop, err = w.AWS.Start(); err != nil {
		return err
	}
	w.stops = append(w.stops, stop)
	return nil
}

// boundaryDocument is what no grant of the demo can exceed.
const boundaryDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}]}`

// Close ends everything, last things first.
func (w *World) Close() {
	for i := len(w.stops) - 1; i >= 0; i-- {
		w.stops[i]()
	}
	w.stops = nil
}

// publish writes a run to the topic, as Port does.
func (w *World) publish(runID string) {
	if w.opts.Hold {
		w.mu.Lock()
		w.held = append(w.held, runID)
		w.mu.Unlock()
		return
	}
	w.produce([]string{runID})
}

// Release writes what was held back.
func (w *World) Release() {
	w.mu.Lock()
	held := w.held
	w.held = nil
	w.mu.Unlock()
	w.produce(held)
}

func (w *World) produce(runIDs []string) {
	records := make([]*kgo.Record, len(runIDs))
	for i, id := range runIDs {
		records[i] = &kgo.Record{Key: []byte(id), Value: w.Port.Message(id, porttest.FormTemplated)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), produceTime)
	defer cancel()
	if err := w.client.ProduceSync(ctx, records...).FirstErr(); err != nil && w.opts.Log != nil {
		w.opts.Log.Error("run not written to the topic", "error", err)
	}
}

// Produce writes values to the topic that need not be runs.
func (w *World) Produce(ctx context.Context, values ...[]byte) error {
	return w.ProduceAt(ctx, time.Now(), values...)
}

// ProduceAt is [World.Produce] at another time, as the records say.
func (w *World) ProduceAt(ctx context.Context, at time.Time, values ...[]byte) error {
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Value: v, Timestamp: at}
	}
	return w.client.ProduceSync(ctx, records...).FirstErr()
}

// newProducer writes as Port does, with a user of its own.
func newProducer(brokers []string) (*kgo.Client, error) {
	return kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic), kgo.DisableClientMetrics(),
		kgo.SASL(plain.Auth{User: "port", Pass: kafkaPassword}.AsMechanism()))
}
