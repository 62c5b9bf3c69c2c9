package daemontest

import (
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"port-iam/port/porttest"
	"port-iam/test/kit/kafkatest"
	"port-iam/test/kit/mototest"
)

// What the world is called, and what the program calls what it makes.
const (
	Org      = "org_test"
	Account  = "123456789012" // of the program's own credentials
	Boundary = "arn:aws:iam::" + Account + ":policy/" + BoundaryName
	Group    = Org + ".port-iam"

	// Member is another account, see [World.AddMember].
	Member       = "222222222222"
	BoundaryName = "PortIamBoundary" // in either account

	GrantAction  = "request_permissions"
	RevokeAction = "revoke_permissions"
	ExpireAction = "revoke_expired_permissions"

	GrantBlueprint = "provisioned_permissions"
	NamePrefix     = "Permission-" // of roles, policies and entities; the run's id follows
	Path           = "/port-iam/"
)

// World is what surrounds the program.
type World struct {
	Kafka   *kafkatest.Broker
	Port    *porttest.Server
	PortURL string
	AWSURL  string
	IAM     *iam.Client // in Account
}

// NewWorld starts a broker with a topic of so many partitions, an AWS that holds the
// boundary alone, and Port with the model and the samples of its guide. All end with the test.
func NewWorld(t testing.TB, partitions int32) *World {
	t.Helper()
	w := &World{Kafka: kafkatest.Start(t, kafkatest.Options{Org: Org})}
	w.Kafka.CreateTopic(w.Kafka.RunsTopic(), partitions)
	w.AWSURL = mototest.Start(t).URL()
	w.IAM = w.In(Account)
	w.addBoundary(t, Account)
	w.Port = porttest.New(porttest.Options{
		OrgID: Org, KafkaBrokers: []string{w.Kafka.Brokers()}, KafkaUsername: Org, KafkaPassword: "secret",
	})
	w.Port.CheckFaults(t)
	w.Port.GuideModel()
	w.Port.GuideSamples(Account)
	url, stop, err := w.Port.Start()
	if err != nil {
		t.Fatal(err)
	}
	w.PortURL = url
	t.Cleanup(stop)
	return w
}

// In is a client of IAM in an account. moto goes by a header of its own, and needs no
// role that is assumed.
func (w *World) In(account string) *iam.Client {
	return iam.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &w.AWSURL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		APIOptions: []func(*middleware.Stack) error{smithyhttp.SetHeaderValue("x-moto-account-id", account)},
	})
}

// AddMember adds Member: the boundary there, an instance there in Port, and a bucket
// whose entity says that it is there. moto lets everyone assume any role.
func (w *World) AddMember(t testing.TB) {
	t.Helper()
	w.addBoundary(t, Member)
	for id, properties := range map[string]string{
		MemberBucket:   `{"resource_type":"S3","account":"` + Member + `"}`,
		MemberInstance: `{"resource_type":"EC2"}`,
	} {
		w.Port.AddEntity("aws_resource", `{"identifier":"`+id+`","properties":`+properties+`}`)
	}
}

// What [World.AddMember] adds to Port.
const (
	MemberBucket   = "arn:aws:s3:::their-s3-bucket"
	MemberInstance = "arn:aws:ec2:us-east-1:" + Member + ":instance/i-0fedcba9876543210"
)

// addBoundary makes the boundary in an account.
func (w *World) addBoundary(t testing.TB, account string) {
	t.Helper()
	_, err := w.In(account).CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName:     aws.String(BoundaryName),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// For returns the same world for a test within the one that started it, whose
// failures are that test's own.
func (w *World) For(t testing.TB) *World {
	c := *w
	c.Kafka = w.Kafka.For(t)
	return &c
}

// Env is all that the program is told; more replaces parts of it.
func (w *World) Env(more map[string]string) map[string]string {
	env := map[string]string{
		"PORT_BASE_URL": w.PortURL, "PORT_CLIENT_ID": "client", "PORT_CLIENT_SECRET": "secret",
		"KAFKA_TLS_CA_FILE":     w.Kafka.CAFile(),
		"AWS_ACCESS_KEY_ID":     "test",
		"AWS_SECRET_ACCESS_KEY": "test",
		"AWS_ENDPOINT_URL_IAM":  w.AWSURL, "AWS_ENDPOINT_URL_STS": w.AWSURL,
		"IAM_PERMISSIONS_BOUNDARY": Boundary,
		"LISTEN_ADDRESS":           "127.0.0.1:0",
	}
	maps.Copy(env, more)
	return env
}

// Drained reports whether the group has committed everything that was written.
func (w *World) Drained() bool {
	topic := w.Kafka.RunsTopic()
	committed := w.Kafka.CommittedOffsets(Group)
	for partition, end := range w.Kafka.EndOffsets(topic) {
		if at, ok := committed.Lookup(topic, partition); end > 0 && (!ok || at.At < end) {
			return false
		}
	}
	return true
}

// Names lists what IAM holds under our path in Account.
func (w *World) Names(t testing.TB) (roles, policies []string) {
	t.Helper()
	return w.NamesIn(t, Account)
}

// NamesIn is [World.Names] for any account.
func (w *World) NamesIn(t testing.TB, account string) (roles, policies []string) {
	t.Helper()
	path, client := aws.String(Path), w.In(account)
	for p := iam.NewListRolesPaginator(client, &iam.ListRolesInput{PathPrefix: path}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Roles {
			roles = append(roles, aws.ToString(r.RoleName))
		}
	}
	for p := iam.NewListPoliciesPaginator(client, &iam.ListPoliciesInput{PathPrefix: path}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Policies {
			policies = append(policies, aws.ToString(r.PolicyName))
		}
	}
	return roles, policies
}
