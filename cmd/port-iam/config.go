package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// config is what `port-iam run` works with: settings, parsed and checked, in the
// same parts. Package main keeps no other configuration.
type config struct {
	port    portConfig
	records recordConfig
	kafka   kafkaConfig
	iam     iamConfig
	actions templates.ActionIDs
	grant   grantConfig
	rules   catalogue.Rules
	sweep   sweepConfig
	serve   serveConfig

	aws      func(context.Context) (aws.Config, error) // the SDK's own settings
	warnings []string                                  // deliberate choices worth a line at every start
}

type portConfig struct {
	baseURL, clientID, orgID string
	clientSecret             secret
}

type recordConfig struct {
	signature        string
	signingSecret    secret
	confirmRequester bool
}

type kafkaConfig struct {
	brokers        []string
	username       string
	password       secret
	mechanism      string
	tls            *tls.Config // nil: no TLS
	topic, groupID string
}

type iamConfig struct {
	path, boundary string // no boundary: ""
	tags           map[string]string
}

type grantConfig struct {
	templatesDir          string // "": all templates are built in
	templates             *templates.Set
	trust                 string
	userName              func(email string) (string, error)
	duration, maxDuration time.Duration
	concurrency           int
}

type sweepConfig struct{ interval, grace time.Duration } // interval 0: off

type serveConfig struct {
	address  string
	details  bool
	logLevel slog.Level
	logText  bool
}

// readConfig reads the environment for the daemon. Its error names every
// variable that is wrong, one a line.
func readConfig() (*config, error) { return readSettings().parse(true) }

// readOperatorConfig is readConfig without what only the daemon needs: Kafka, and
// what is served and logged.
func readOperatorConfig() (*config, error) { return readSettings().parse(false) }

func (s settings) parse(daemon bool) (*config, error) {
	var f findings
	c := &config{aws: defaultAWS, port: s.Port.parse(&f)}
	c.records = s.Records.parse(&f, c.port.clientSecret)
	if daemon {
		c.kafka = s.Kafka.parse(&f)
	}
	c.iam = s.IAM.parse(&f)
	c.actions = s.Actions.parse(&f)
	c.grant = s.Grant.parse(&f)
	c.rules = s.Rules.parse(&f)
	c.sweep = s.Sweep.parse(&f)
	if daemon {
		c.serve = s.Serve.parse(&f)
	}
	c.warnings = f.warnings
	return c, f.err()
}

// defaultAWS finds settings and credentials the way every AWS tool does.
func defaultAWS(ctx context.Context) (aws.Config, error) { return awsconfig.LoadDefaultConfig(ctx) }

func (s portSettings) parse(f *findings) portConfig {
	c := portConfig{baseURL: s.BaseURL, clientID: s.ClientID, orgID: s.OrgID}
	if s.ClientID == "" {
		f.wrong("PORT_CLIENT_ID", "is missing: create credentials in Port under Builder > Organization settings > Credentials")
	}
	c.clientSecret = secretOrFile(f, "PORT_CLIENT_SECRET", s.ClientSecret, s.ClientSecretFile)
	if c.clientSecret.reveal() == "" && s.ClientSecretFile == "" {
		f.wrong("PORT_CLIENT_SECRET", "is missing: set it or PORT_CLIENT_SECRET_FILE")
	}
	insecure := boolean(f, "ALLOW_INSECURE_HTTP", s.AllowInsecureHTTP)
	checkURL(f, "PORT_BASE_URL", s.BaseURL, insecure)
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS"} {
		if u := os.Getenv(name); u != "" {
			checkURL(f, name, u, insecure)
		}
	}
	return c
}

// What to do about signatures of records.
const (
	signatureOff     = "off"
	signatureVerify  = "verify-if-present"
	signatureRequire = "require"
)

func (s recordSettings) parse(f *findings, clientSecret secret) recordConfig {
	c := recordConfig{
		signature:        oneOf(f, "PORT_SIGNATURE", s.Signature, signatureOff, signatureVerify, signatureRequire),
		signingSecret:    secretOrFile(f, "PORT_SIGNING_SECRET", s.SigningSecret, s.SigningSecretFile),
		confirmRequester: boolean(f, "PORT_CONFIRM_REQUESTER", s.ConfirmRequester),
	}
	if c.signingSecret.reveal() == "" && s.SigningSecretFile == "" {
		c.signingSecret = clientSecret
	}
	if !c.confirmRequester {
		f.warn("PORT_CONFIRM_REQUESTER=false: anyone who can write to the topic can name any requester")
	}
	return c
}

func (s kafkaSettings) parse(f *findings) kafkaConfig {
	c := kafkaConfig{
		brokers: splitList(s.Brokers), username: s.Username, topic: s.Topic, groupID: s.GroupID,
		password:  secretOrFile(f, "KAFKA_PASSWORD", s.Password, s.PasswordFile),
		mechanism: oneOf(f, "KAFKA_SASL_MECHANISM", s.Mechanism, "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "none"),
	}
	for _, b := range c.brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			f.wrong("KAFKA_BROKERS", "%q is not host:port", b)
		}
	}
	if boolean(f, "KAFKA_TLS", s.TLS) {
		c.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: caPool(f, s.TLSCAFile)}
	} else if s.TLSCAFile != "" {
		f.wrong("KAFKA_TLS_CA_FILE", "contradicts KAFKA_TLS=false: remove one of them")
	} else {
		f.warn("KAFKA_TLS=false: records and the Kafka password travel without encryption")
	}
	return c
}

// noBoundary is the value of IAM_PERMISSIONS_BOUNDARY that does without one.
const noBoundary = "none"

var (
	policyARN = regexp.MustCompile(`^arn:aws(-us-gov|-cn)?:iam::([0-9]{12}|aws):policy/[!-~]+$`)
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
)

// placeOf is where the ARN of a boundary says that it is. A policy of AWS's own
// has no account.
func placeOf(boundary string) (account, partition string, ok bool) {
	found := policyARN.FindStringSubmatch(boundary)
	if found == nil {
		return "", "", false
	}
	if account = found[2]; account == "aws" {
		account = ""
	}
	return account, "aws" + found[1], true
}

// checkBoundary accepts the ARN of a managed policy and none.
func checkBoundary(f *findings, variable, boundary string) {
	if boundary != noBoundary && !policyARN.MatchString(boundary) {
		f.wrong(variable, "%q is neither the ARN of a managed policy (arn:aws:iam::123456789012:policy/Name) nor none", boundary)
	}
}

func (s iamSettings) parse(f *findings) iamConfig {
	c := iamConfig{path: s.Path, boundary: s.Boundary}
	if err := iamops.CheckPath(s.Path); err != nil {
		f.wrong("IAM_PATH", "%v", err)
	}
	switch s.Boundary {
	case "":
		f.wrong("IAM_PERMISSIONS_BOUNDARY", "is missing: the ARN of a policy that limits every grant, or none")
	case noBoundary:
		c.boundary = ""
		f.warn("IAM_PERMISSIONS_BOUNDARY=none: nothing but the catalogue in Port limits what can be granted")
	default:
		checkBoundary(f, "IAM_PERMISSIONS_BOUNDARY", s.Boundary)
	}
	c.tags = tags(f, s.Tags)
	return c
}

func (s actionSettings) parse(f *findings) templates.ActionIDs {
	ids := templates.ActionIDs{Grant: s.Grant, Revoke: s.Revoke, Expire: s.Expire}
	if err := ids.Check(); err != nil {
		f.wrong("GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION", "%s", withSemicolons(err))
	}
	return ids
}

func (s grantSettings) parse(f *findings) grantConfig {
	c := grantConfig{
		templatesDir: s.TemplatesDir,
		trust:        oneOf(f, "GRANT_TRUST", s.Trust, templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount),
	}
	if c.trust == templates.TrustAccount {
		f.warn("GRANT_TRUST=account: anyone in the account who may call sts:AssumeRole can use every grant")
	}
	how := oneOf(f, "GRANT_USER_NAME", s.UserName, "email", "local-part")
	if how == "local-part" && s.EmailDomain == "" {
		f.wrong("GRANT_EMAIL_DOMAIN", "is missing: GRANT_USER_NAME=local-part needs it, or two people with one local part would share a name")
	}
	c.userName = userName(how == "local-part", strings.TrimPrefix(s.EmailDomain, "@"))
	c.duration, c.maxDuration = s.durations(f)
	var err error
	if c.concurrency, err = strconv.Atoi(s.Concurrency); err != nil || c.concurrency < 1 || c.concurrency > 256 {
		f.wrong("GRANT_CONCURRENCY", "%q is not a number from 1 to 256", s.Concurrency)
	}
	c.templates = loadTemplates(f, s.TemplatesDir, c.maxDuration > 0 || c.duration > 0)
	return c
}

func (s grantSettings) durations(f *findings) (usual, limit time.Duration) {
	const least = 15 * time.Minute
	usual, ok := duration(f, "GRANT_DURATION", s.Duration)
	limit, limitOK := duration(f, "GRANT_MAX_DURATION", s.MaxDuration)
	switch {
	case !ok || !limitOK:
	case limit > 0 && (usual > limit || usual == 0):
		f.wrong("GRANT_DURATION", "%s is longer than GRANT_MAX_DURATION=%s (0 is until revoked)", s.Duration, s.MaxDuration)
	case usual > 0 && usual < least:
		f.wrong("GRANT_DURATION", "%s is shorter than 15m", s.Duration)
	}
	return usual, limit
}

// loadTemplates also renders them with samples. Where grants are limited in time,
// the policy has to hold the end.
func loadTemplates(f *findings, dir string, limited bool) *templates.Set {
	var source fs.FS
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			f.wrong("TEMPLATES_DIR", "%q is not a directory that can be read", dir)
			return nil
		}
		source = os.DirFS(dir)
	}
	set, err := templates.Load(source)
	if err == nil {
		err = set.Check(limited)
	}
	if err != nil {
		f.wrong("TEMPLATES_DIR", "%s: %v", path.Clean(dir), err)
	}
	return set
}

// sessionName is what AWS takes as the name of a session, which is how the
// person behind an Identity Center session is told apart.
var sessionName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{2,64}$`)

// userName makes the function that turns an e-mail into the name in AWS.
func userName(localPart bool, domain string) func(string) (string, error) {
	return func(email string) (string, error) {
		local, at, ok := strings.Cut(email, "@")
		if !ok || local == "" || at == "" {
			return "", fmt.Errorf("%q is not an e-mail", email)
		}
		if domain != "" && !strings.EqualFold(at, domain) {
			return "", fmt.Errorf("%q is not of the domain %s, which is the only one allowed here", email, domain)
		}
		name := email
		if localPart {
			name = local
		}
		if !sessionName.MatchString(name) {
			return "", fmt.Errorf("%q cannot be a user name in AWS: 2 to 64 letters, digits and _+=,.@- are allowed", name)
		}
		return name, nil
	}
}

func (s ruleSettings) parse(f *findings) catalogue.Rules {
	return catalogue.Rules{Deny: patterns(f, "GRANT_DENY", s.Deny), Allow: patterns(f, "GRANT_ALLOW", s.Allow)}
}

func (s sweepSettings) parse(f *findings) (c sweepConfig) {
	const least = 10 * time.Second
	var ok bool
	if c.interval, ok = duration(f, "SWEEP_INTERVAL", s.Interval); ok && c.interval > 0 && c.interval < least {
		f.wrong("SWEEP_INTERVAL", "%s is shorter than %s", s.Interval, least)
	}
	if c.interval == 0 && ok {
		f.warn("SWEEP_INTERVAL=0: nothing cleans up after crashes, and expired roles stay until they are revoked")
	}
	c.grace, _ = duration(f, "SWEEP_GRACE", s.Grace)
	return c
}

func (s serveSettings) parse(f *findings) serveConfig {
	c := serveConfig{
		address: s.Address,
		details: boolean(f, "STATUS_DETAILS", s.Details),
		logText: oneOf(f, "LOG_FORMAT", s.LogFormat, "json", "text") == "text",
	}
	if _, _, err := net.SplitHostPort(s.Address); err != nil {
		f.wrong("LISTEN_ADDRESS", "%q is not host:port or :port", s.Address)
	}
	if err := c.logLevel.UnmarshalText([]byte(s.LogLevel)); err != nil {
		f.wrong("LOG_LEVEL", "%q is none of debug, info, warn, error", s.LogLevel)
	}
	return c
}
