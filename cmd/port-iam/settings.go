package main

import (
	"os"
	"reflect"
	"strings"

	"github.com/kelseyhightower/envconfig"
)

// settings are the environment variables as they stand there, in parts: a
// command parses those that it needs, see config.go. The table in the README is
// made from the tags.
type settings struct {
	Port struct { // which Port to speak to, and as whom
		ClientID          string `envconfig:"PORT_CLIENT_ID" default:"" desc:"Required. Client id of Port's machine credentials."`
		ClientSecret      secret `envconfig:"PORT_CLIENT_SECRET" desc:"Required. Client secret of Port's machine credentials."`
		ClientSecretFile  string `envconfig:"PORT_CLIENT_SECRET_FILE" desc:"File that holds PORT_CLIENT_SECRET, instead of the variable."`
		BaseURL           string `envconfig:"PORT_BASE_URL" default:"https://api.port.io" desc:"Port's API; in the US region https://api.us.port.io."`
		AllowInsecureHTTP string `envconfig:"ALLOW_INSECURE_HTTP" default:"false" desc:"Allow http:// for Port or AWS on an address that is not loopback."`
		OrgID             string `envconfig:"PORT_ORG_ID" desc:"Id of the organisation in Port. Asked from Port when empty."`
	}
	Records struct { // what of a record is believed
		Signature         string `envconfig:"PORT_SIGNATURE" default:"verify-if-present" desc:"Signature of records: off, verify-if-present or require."`
		SigningSecret     secret `envconfig:"PORT_SIGNING_SECRET" desc:"Key of the signature. PORT_CLIENT_SECRET when empty."`
		SigningSecretFile string `envconfig:"PORT_SIGNING_SECRET_FILE" desc:"File that holds PORT_SIGNING_SECRET, instead of the variable."`
		ConfirmRequester  string `envconfig:"PORT_CONFIRM_REQUESTER" default:"true" desc:"Ask Port whether a run is the requester's. false believes the record (warned about)."`
	}
	Kafka struct { // overrides what Port says about its topic
		Brokers      string `envconfig:"KAFKA_BROKERS" desc:"Brokers as host:port, comma separated. Asked from Port when empty."`
		Username     string `envconfig:"KAFKA_USERNAME" desc:"User name. Asked from Port when empty."`
		Password     secret `envconfig:"KAFKA_PASSWORD" desc:"Password. Asked from Port when empty."`
		PasswordFile string `envconfig:"KAFKA_PASSWORD_FILE" desc:"File that holds KAFKA_PASSWORD, instead of the variable."`
		Mechanism    string `envconfig:"KAFKA_SASL_MECHANISM" default:"SCRAM-SHA-512" desc:"SCRAM-SHA-512, SCRAM-SHA-256, PLAIN or none."`
		TLS          string `envconfig:"KAFKA_TLS" default:"true" desc:"Use TLS."`
		TLSCAFile    string `envconfig:"KAFKA_TLS_CA_FILE" desc:"PEM file of certificate authorities to trust instead of the system's."`
		Topic        string `envconfig:"KAFKA_TOPIC" desc:"Topic of the runs. ORG_ID.runs when empty."`
		GroupID      string `envconfig:"KAFKA_GROUP_ID" desc:"Consumer group. When empty ORG_ID.port-iam where GRANT_ACTION has the default identifier, else ORG_ID.port-iam. and the first of its identifiers by alphabet; Port allows ORG_ID.* and the user name."`
		InstanceID   string `envconfig:"KAFKA_INSTANCE_ID" desc:"Name of this instance in the group that outlives a restart (static membership); each instance needs its own. None when empty."`
	}
	Accounts struct { // which accounts of AWS are served
		IDs        string `envconfig:"ACCOUNTS" desc:"AWS accounts that are served: ids of 12 digits, comma separated; the daemon's own only if it is listed. The account of the daemon's own credentials when empty."`
		Role       string `envconfig:"ACCOUNT_ROLE" default:"PortIam" desc:"Name of the role that the daemon assumes in each of ACCOUNTS but its own, with its path if it has one."`
		ExternalID string `envconfig:"ACCOUNT_EXTERNAL_ID" desc:"External id with which it assumes that role. None when empty."`
	}
	IAM struct { // of every role and policy
		Path     string `envconfig:"IAM_PATH" default:"/port-iam/" desc:"Path of every role and policy, at most 35 characters without the first slash."`
		Boundary string `envconfig:"IAM_PERMISSIONS_BOUNDARY" desc:"Required. The permissions boundary of every role: its ARN (with several ACCOUNTS only of a policy of AWS's own), or its name, with its path if it has one, in every served account, or none (warned about)."`
		Tags     string `envconfig:"IAM_TAGS" desc:"Further tags of roles and policies as key=value, comma separated."`
	}
	Actions struct { // our actions in Port
		Grant  string `envconfig:"GRANT_ACTION" default:"request_permissions" desc:"Identifiers of the grant actions in Port, comma separated; identifier=account+account may reach these accounts only."`
		Revoke string `envconfig:"REVOKE_ACTION" default:"revoke_permissions" desc:"Identifier of the revoke action in Port."`
		Expire string `envconfig:"EXPIRE_ACTION" default:"revoke_expired_permissions" desc:"Identifier of the automation that Port starts when a grant's time is over."`
	}
	Grant struct { // what a grant looks like, for whom and how long
		TemplatesDir  string `envconfig:"TEMPLATES_DIR" desc:"Directory whose permission-policy.json or trust-policy.json replace the built-in ones."`
		Trust         string `envconfig:"GRANT_TRUST" default:"identity-center" desc:"Who may assume a role: identity-center (the requester's Identity Center session), iam-user (the IAM user named like the requester) or account (anyone in the account who may call sts:AssumeRole; warned about)."`
		TrustAccounts string `envconfig:"GRANT_TRUST_ACCOUNTS" default:"self" desc:"Accounts whose sessions (or users) may enter, comma separated: ids, and self for the account of the grant. With GRANT_TRUST=iam-user exactly one."`
		UserName      string `envconfig:"GRANT_USER_NAME" default:"email" desc:"How the requester's e-mail becomes the user name in AWS: email, local-part (needs GRANT_EMAIL_DOMAIN), or identity-store: that of the user whom IAM Identity Center has with this primary e-mail (needs IDENTITY_STORE_ID and IDENTITY_STORE_REGION). No effect with GRANT_TRUST=account."`
		EmailDomain   string `envconfig:"GRANT_EMAIL_DOMAIN" desc:"Domain of requesters, for example example.com; others are refused. No effect with GRANT_TRUST=account."`
		Duration      string `envconfig:"GRANT_DURATION" default:"8h" desc:"How long a grant lasts when the request has no duration; 0 is until revoked."`
		MaxDuration   string `envconfig:"GRANT_MAX_DURATION" default:"24h" desc:"The longest duration that may be requested; 0 is no limit."`
		Console       string `envconfig:"GRANT_CONSOLE" default:"false" desc:"Add the reviewed list actions that AWS's console needs to show a resource of that kind; docs/security.md says what they reveal."`
		Concurrency   string `envconfig:"GRANT_CONCURRENCY" default:"16" desc:"Grants handled at the same time, 1 to 256, and as many removals."`
	}
	IdentityStore struct { // where GRANT_USER_NAME=identity-store finds users
		ID     string `envconfig:"IDENTITY_STORE_ID" desc:"Id of the identity store of IAM Identity Center, such as d-1234567890. Required with GRANT_USER_NAME=identity-store, unless GRANT_TRUST=account."`
		Region string `envconfig:"IDENTITY_STORE_REGION" desc:"Region of IAM Identity Center. Required with GRANT_USER_NAME=identity-store, unless GRANT_TRUST=account."`
		Role   string `envconfig:"IDENTITY_STORE_ROLE" desc:"ARN of the role that the daemon assumes to look users up (with ACCOUNT_EXTERNAL_ID), in the organisation's management account or that of the delegated administrator. Empty: the daemon's own credentials do."`
	}
	Rules struct { // which actions of AWS may be granted
		Deny  string `envconfig:"GRANT_DENY" desc:"Further actions to refuse, as patterns such as s3:Delete*, comma separated. Some are always refused."`
		Allow string `envconfig:"GRANT_ALLOW" default:"rds-db:connect" desc:"Actions that decide about access, as patterns, that may be granted anyway, comma separated; none is no such action. Never those always refused."`
	}
	Sweep struct { // when a sweep cleans up
		Interval string `envconfig:"SWEEP_INTERVAL" default:"5m" desc:"Time between two sweeps for expired grants, orphans and lost runs, at least 10s; 0 is off."`
		Grace    string `envconfig:"SWEEP_GRACE" default:"10m" desc:"How long something must look orphaned or lost before a sweep acts; expiry needs no grace. Less than 2m is warned about: AWS may take that long to show a change."`
	}
	Audit struct { // where decisions are told
		Log string `envconfig:"AUDIT_LOG" default:"stdout" desc:"Where audit events go, one JSON object a line: stdout, the path of a file that is appended to, or off (warned about). grants revoke and grants sweep write to the file, else to stderr. See docs/audit.md."`
	}
	Serve struct { // what the daemon shows of itself
		Address   string `envconfig:"LISTEN_ADDRESS" default:":8080" desc:"Where the status page, /metrics, /healthz and /readyz are served; port 0 takes a free one and logs it."`
		Details   string `envconfig:"STATUS_DETAILS" default:"false" desc:"Show requesters and resources on the status page."`
		LogLevel  string `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warn or error."`
		LogFormat string `envconfig:"LOG_FORMAT" default:"json" desc:"json or text."`
	}
}

// readSettings reads the environment. It cannot fail: all values are texts.
func readSettings() settings {
	var s settings
	for _, part := range reflect.ValueOf(&s).Elem().Fields() {
		envconfig.MustProcess("", part.Addr().Interface())
	}
	s.fillDefaults()
	return s
}

// trimEnvironment takes the white space off the ends of all our variables and of
// those of the AWS SDK, which reads them by itself.
func trimEnvironment() {
	ours := map[string]bool{}
	for part := range reflect.TypeFor[settings]().Fields() {
		for field := range part.Type.Fields() {
			ours[field.Tag.Get("envconfig")] = true
		}
	}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		if trimmed := strings.TrimSpace(value); trimmed != value && (ours[name] || strings.HasPrefix(name, "AWS_")) {
			_ = os.Setenv(name, trimmed) // fails for names and values that cannot be there
		}
	}
}

// fillDefaults treats a variable that is set but empty like one that is not set.
// Required ones have no default and are found missing either way.
func (s *settings) fillDefaults() {
	for _, part := range reflect.ValueOf(s).Elem().Fields() {
		for field, v := range part.Fields() {
			if v.Kind() == reflect.String && v.String() == "" {
				v.SetString(field.Tag.Get("default"))
			}
		}
	}
}

// secret is a text that prints as redacted wherever it goes, also from inside of
// other values: it is held behind a pointer, which is all that fmt finds there.
type secret struct{ text *string }

const redacted = "[redacted]"

func newSecret(text string) secret { return secret{&text} }

// reveal returns the text; "" when there is none.
func (s secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Decode is how envconfig sets it.
func (s *secret) Decode(text string) error { //nolint:unparam // the signature is envconfig's
	*s = newSecret(text)
	return nil
}

func (s secret) String() string   { return redacted }
func (s secret) GoString() string { return redacted }

// MarshalText is how slog, JSON and flags print it.
func (s secret) MarshalText() ([]byte, error) { return []byte(redacted), nil } //nolint:unparam // the signature is encoding.TextMarshaler's
