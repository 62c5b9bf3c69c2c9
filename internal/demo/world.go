package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
	// Hold leaves it to [World.Publish] to write runs to the topic.
	Hold bool
}

// World is an organisation of Port with its Kafka, and an AWS account. Every run
// that becomes ready in Port is written to the topic.
type World struct {
	Port    *porttest.Server
	AWS     *iamtest.Server
	PortURL string
	AWSURL  string
	Brokers []string

	client *kgo.Client
	stops  []func()
}

// NewWorld makes the world with the guide's data model, resources and
// permissions. Close ends it.
func NewWorld(o Options) (_ *World, err error) {
	w := &World{}
	defer func() {
		if err != nil {
			w.Close()
		}
	}()
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(cmp.Or(o.Partitions, partitions), topic),
		kfake.EnableSASL(), kfake.Superuser("PLAIN", "port", kafkaPassword), kfake.Superuser(KafkaMechanism, Org, kafkaPassword))
	if err != nil {
		return nil, fmt.Errorf("start the broker: %w", err)
	}
	w.stops = append(w.stops, kafka.Close)
	w.Brokers = kafka.ListenAddrs()
	// It writes as Port does, with a user of its own.
	w.client, err = kgo.NewClient(kgo.SeedBrokers(w.Brokers...), kgo.DefaultProduceTopic(topic),
		kgo.DisableClientMetrics(), kgo.SASL(plain.Auth{User: "port", Pass: kafkaPassword}.AsMechanism()))
	if err != nil {
		return nil, fmt.Errorf("connect to the broker: %w", err)
	}
	w.stops = append(w.stops, w.client.Close)

	w.Port = porttest.New(porttest.Options{
		OrgID: Org, ClientID: ClientID, ClientSecret: ClientSecret, Delay: o.PortDelay,
		KafkaBrokers: w.Brokers, KafkaUsername: Org, KafkaPassword: kafkaPassword,
	})
	w.Port.GuideModel()
	w.Port.GuideSamples(Account)
	w.Port.AddTeams("dev", "on-call", "sec") // of the commands in docs/install.md
	if !o.Hold {
		w.stops = append(w.stops, w.Port.OnRun(func(id string) { w.Publish(id) }))
	}
	w.AWS = iamtest.New(iamtest.Options{Account: Account, Delay: o.AWSDelay, MaxRoles: 10_000, MaxPolicies: 10_000})
	w.AWS.AddPolicy(Boundary, boundaryDocument)

	var stop func()
	if w.PortURL, stop, err = w.Port.Start(); err != nil {
		return nil, err
	}
	w.stops = append(w.stops, stop)
	if w.AWSURL, stop, err = w.AWS.Start(); err != nil {
		return nil, err
	}
	w.stops = append(w.stops, stop)
	return w, nil
}

// boundaryDocument is what no grant of the demo can exceed.
const boundaryDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*","kms:*"],"Resource":"*"}]}`

// Close ends everything, last things first.
func (w *World) Close() {
	for _, stop := range slices.Backward(w.stops) {
		stop()
	}
	w.stops = nil
}

// Publish writes runs to the topic, as Port does.
func (w *World) Publish(runIDs ...string) {
	records := make([]*kgo.Record, len(runIDs))
	for i, id := range runIDs {
		records[i] = &kgo.Record{Key: []byte(id), Value: w.Port.Message(id, porttest.FormTemplated)}
	}
	ctx, cancel := context.WithTimeout(context.Background(), produceTime)
	defer cancel()
	w.client.ProduceSync(ctx, records...) // what does not arrive shows as a run that does not end
}

// Produce writes values to the topic that need not be runs, as of a time.
func (w *World) Produce(ctx context.Context, at time.Time, values ...[]byte) error {
	records := make([]*kgo.Record, len(values))
	for i, v := range values {
		records[i] = &kgo.Record{Value: v, Timestamp: at}
	}
	return w.client.ProduceSync(ctx, records...).FirstErr()
}
