package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// config is what the commands work with: settings, parsed and checked, in the
// same parts. A command has the parts that it needs.
type config struct {
	port struct {
		baseURL, clientID, orgID string
		clientSecret             secret
		insecureHTTP             bool // allowed for Port and AWS
	}
	records struct {
		signature        string
		signingSecret    secret
		confirmRequester bool
	}
	kafka struct {
		brokers        []string
		username       string
		password       secret
		mechanism      string
		tls            *tls.Config // nil: no TLS
		topic, groupID string
		instanceID     string
	}
	accounts struct {
		ids              []string // that are served, sorted; empty: the one of the daemon's own credentials
		role, externalID string   // of the role to assume in each but the own one
	}
	iam struct {
		path     string
		boundary string // an ARN, or a name that the policy has in every account; no boundary: ""
		tags     map[string]string
	}
	actions       templates.ActionIDs
	identityStore struct{ id, region, role string } // role: its ARN; no store: all are ""
	grant         struct {
		templatesDir          string // "": all templates are built in
		templates             *templates.Set
		trust                 string
		trustAccounts         []string // whose sessions may enter: ids and self
		userName              func(email string) (string, error)
		nameOf                string // GRANT_USER_NAME; "" where no name counts
		duration, maxDuration time.Duration
		console               bool
		concurrency           int
	}
	rules catalogue.Rules
	sweep struct{ interval, grace time.Duration } // interval 0: off
	audit string                                  // stdout, off, or a path
	serve struct {
		address  string
		details  bool
		logLevel slog.Level
		logText  bool
	}

	aws      func(context.Context) (aws.Config, error) // the SDK's own settings
	awsErr   error                                     // why they cannot be read
	warnings []string                                  // what is allowed and worth a line at every start
}

// problems collects everything that is wrong with settings and flags, each by the
// name of its variable or flag, so that all of it is reported at once.
type problems []error

func (p *problems) add(variable, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s: "+format, append([]any{variable}, args...)...))
}

// parse is for the daemon. Its error names every variable that is wrong, one a
// line. The settings of the AWS SDK are what load finds.
func (s settings) parse(load func(context.Context) (aws.Config, error)) (*config, error) {
	var p problems
	c := &config{aws: load}
	for _, part := range []func(*config, *problems){
		s.parsePort, parseAWS, s.parseRecords, s.parseKafka,
		s.parseAccounts, s.parseIAM, s.parseActions, s.parseGrant, s.parseRules, s.parseSweep,
		s.parseAudit, s.parseServe,
	} {
		part(c, &p)
	}
	return c, errors.Join(p...)
}

// parseForOperator is parse without what only the daemon needs: Kafka, and what is
// served and logged.
func (s settings) parseForOperator() (*config, error) {
	var unset settings
	s.Kafka, s.Serve = unset.Kafka, unset.Serve
	s.fillDefaults()
	return s.parse(defaultAWS)
}

// defaultAWS finds settings and credentials the way every AWS tool does.
func defaultAWS(ctx context.Context) (aws.Config, error) { return awsconfig.LoadDefaultConfig(ctx) }

// awsServices are the services that the daemon and the SDK's sources of
// credentials call, by what ends the names of their variables.
var awsServices = map[string]string{"IAM": "IAM", "STS": "STS", "IDENTITYSTORE": "identitystore", "SSO": "SSO", "SSO_OIDC": "SSO OIDC"}

// parseAWS checks where calls to AWS go, also where a file of the SDK says so. The
// SDK makes no call for that. It comes after parsePort.
func parseAWS(c *config, p *problems) {
	var sdk aws.Config
	if !checkAWSFiles(p) {
		return
	}
	if sdk, c.awsErr = loadAWS(context.Background(), c.aws); c.awsErr != nil {
		return
	}
	if sdk.Region != "" && !hostLabel.MatchString(sdk.Region) {
		p.add("AWS_REGION", "%q is not a region such as us-east-1", sdk.Region)
	}
	checked := map[string]bool{"": true}
	for _, name := range slices.Sorted(maps.Keys(awsServices)) {
		address := awsEndpoint(sdk, awsServices[name])
		if checked[address] {
			continue
		}
		checked[address] = true
		variable := "AWS_CONFIG_FILE, endpoint_url of " + name
		for _, v := range []string{"AWS_ENDPOINT_URL_" + name, "AWS_ENDPOINT_URL"} {
			if os.Getenv(v) == address {
				variable = v
				break
			}
		}
		checkURL(p, variable, address, c.port.insecureHTTP)
	}
}

// loadAWS reads the settings of the SDK, which waiting does not repair.
func loadAWS(ctx context.Context, load func(context.Context) (aws.Config, error)) (aws.Config, error) {
	sdk, err := load(ctx)
	if err != nil {
		return sdk, configError{fmt.Errorf("AWS_PROFILE, AWS_CONFIG_FILE and the like: load the AWS configuration: %w", err)}
	}
	return sdk, nil
}

// awsEndpoint is where the SDK sends the calls of a service; "" where nothing but
// the SDK says so.
func awsEndpoint(sdk aws.Config, service string) string {
	ctx := context.Background() // nothing is asked
	if ignore, _, err := awsconfig.GetIgnoreConfiguredEndpoints(ctx, sdk.ConfigSources); err == nil && ignore {
		return ""
	}
	for _, source := range sdk.ConfigSources {
		if s, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, service string) (string, bool, error)
		}); ok {
			if address, found, err := s.GetServiceBaseEndpoint(ctx, service); err == nil && found {
				return address
			}
		}
	}
	return aws.ToString(sdk.BaseEndpoint)
}

func (s settings) parsePort(c *config, p *problems) {
	in, out := s.Port, &c.port
	out.baseURL, out.clientID, out.orgID = in.BaseURL, in.ClientID, in.OrgID
	if in.ClientID == "" {
		p.add("PORT_CLIENT_ID", "is missing: create credentials in Port under Builder > Organization settings > Credentials")
	}
	out.clientSecret = secretOrFile(p, "PORT_CLIENT_SECRET", in.ClientSecret, in.ClientSecretFile)
	if out.clientSecret.reveal() == "" && in.ClientSecretFile == "" {
		p.add("PORT_CLIENT_SECRET", "is missing: set it or PORT_CLIENT_SECRET_FILE")
	}
	out.insecureHTTP = boolean(p, "ALLOW_INSECURE_HTTP", in.AllowInsecureHTTP)
	if u := checkURL(p, "PORT_BASE_URL", in.BaseURL, out.insecureHTTP); u != nil && strings.EqualFold(path.Base(u.Path), "v1") {
		p.add("PORT_BASE_URL", "ends in %s, which is added to every address: remove it, as in https://api.port.io", path.Base(u.Path))
	}
	if in.OrgID != "" && !kafkaName.MatchString(in.OrgID) {
		p.add("PORT_ORG_ID", "%q is not the id of an organisation: letters, digits and ._- are allowed", in.OrgID)
	}
}

// What to do about signatures of records.
const (
	signatureOff     = "off"
	signatureVerify  = "verify-if-present"
	signatureRequire = "require"
)

// parseRecords comes after parsePort: the secret of the credentials is the usual
// key of signatures.
func (s settings) parseRecords(c *config, p *problems) {
	in, out := s.Records, &c.records
	out.signature = oneOf(p, "PORT_SIGNATURE", in.Signature, signatureOff, signatureVerify, signatureRequire)
	out.signingSecret = secretOrFile(p, "PORT_SIGNING_SECRET", in.SigningSecret, in.SigningSecretFile)
	if out.signingSecret.reveal() == "" && in.SigningSecretFile == "" {
		out.signingSecret = c.port.clientSecret
	}
	if out.confirmRequester = boolean(p, "PORT_CONFIRM_REQUESTER", in.ConfirmRequester); !out.confirmRequester {
		c.warn("PORT_CONFIRM_REQUESTER=false: anyone who can write to the topic can name any requester")
	}
}

func (c *config) warn(choice string) { c.warnings = append(c.warnings, choice) }

func (s settings) parseKafka(c *config, p *problems) {
	in, out := s.Kafka, &c.kafka
	out.username, out.topic, out.groupID, out.instanceID = in.Username, in.Topic, in.GroupID, in.InstanceID
	out.password = secretOrFile(p, "KAFKA_PASSWORD", in.Password, in.PasswordFile)
	out.brokers = splitList(p, "KAFKA_BROKERS", in.Brokers)
	for _, b := range out.brokers {
		if host, number, ok := hostPort(b); !ok || !isHost(host) || number == "0" {
			p.add("KAFKA_BROKERS", "%q is not host:port", b)
		}
	}
	checkKafkaNames(p, in.Topic, in.GroupID, in.InstanceID)
	out.mechanism = oneOf(p, "KAFKA_SASL_MECHANISM", in.Mechanism, "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "none")
	if boolean(p, "KAFKA_TLS", in.TLS) {
		out.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: caPool(p, in.TLSCAFile)}
	} else if in.TLSCAFile != "" {
		p.add("KAFKA_TLS_CA_FILE", "contradicts KAFKA_TLS=false: remove one of them")
	} else {
		c.warn("KAFKA_TLS=false: records and the Kafka password travel without encryption")
	}
}

func (s settings) parseIAM(c *config, p *problems) {
	in, out := s.IAM, &c.iam
	out.path = in.Path
	if err := iamops.CheckPath(in.Path); err != nil {
		p.add("IAM_PATH", "%v", err)
	}
	c.refuseGrantName(p, "ACCOUNT_ROLE", c.accounts.role)
	s.parseBoundary(c, p)
	out.tags = tags(p, in.Tags)
}

func (s settings) parseGrant(c *config, p *problems) {
	in, out := s.Grant, &c.grant
	out.trust = oneOf(p, "GRANT_TRUST", in.Trust, templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount)
	s.parseTrustAccounts(c, p)
	s.parseUserName(c, p)
	d, ok := duration(p, "GRANT_DURATION", in.Duration)
	limit, limitOK := duration(p, "GRANT_MAX_DURATION", in.MaxDuration)
	out.duration, out.maxDuration = d, limit
	switch {
	case !ok || !limitOK:
	case limit > 0 && (d > limit || d == 0):
		p.add("GRANT_DURATION", "%s is longer than GRANT_MAX_DURATION=%s (0 is until revoked)", in.Duration, in.MaxDuration)
	case d > 0 && d < 15*time.Minute:
		p.add("GRANT_DURATION", "%s is shorter than 15m", in.Duration)
	}
	var err error
	if out.concurrency, err = strconv.Atoi(in.Concurrency); err != nil || out.concurrency < 1 || out.concurrency > 256 {
		p.add("GRANT_CONCURRENCY", "%q is not a number from 1 to 256", in.Concurrency)
	}
	out.templatesDir = in.TemplatesDir
	out.console = boolean(p, "GRANT_CONSOLE", in.Console)
	out.templates = loadTemplates(p, in.TemplatesDir, out.console)
	c.checkTrust(p)
}

// parseRules warns of patterns without effect, which may be misspelt. They are not
// wrong: AWS may have actions that the catalogue does not know yet.
func (s settings) parseRules(c *config, p *problems) {
	before := len(*p)
	c.rules.Deny = patterns(p, "GRANT_DENY", s.Rules.Deny)
	if s.Rules.Allow != allowNone {
		c.rules.Allow = patterns(p, "GRANT_ALLOW", s.Rules.Allow)
	}
	if len(*p) > before {
		return
	}
	known, err := catalogue.Open()
	var idle catalogue.Rules
	if err == nil {
		idle, err = known.Idle(c.rules)
	}
	if err != nil {
		p.add("GRANT_DENY, GRANT_ALLOW", "%v", err)
	}
	for _, pattern := range idle.Deny {
		c.warn(fmt.Sprintf("GRANT_DENY=%s refuses nothing: AWS has no such action in the catalogue of this version; look at its spelling", pattern))
	}
	for _, pattern := range idle.Allow {
		c.warn(fmt.Sprintf("GRANT_ALLOW=%s allows nothing: in the catalogue of this version no action of that name needs it and may be granted", pattern))
	}
}

func (s settings) parseSweep(c *config, p *problems) {
	const least = 10 * time.Second
	interval, ok := duration(p, "SWEEP_INTERVAL", s.Sweep.Interval)
	switch {
	case !ok:
	case interval == 0:
		c.warn("SWEEP_INTERVAL=0: nothing cleans up after crashes, and expired roles stay until they are revoked")
	case interval < least:
		p.add("SWEEP_INTERVAL", "%s is shorter than %s", s.Sweep.Interval, least)
	}
	c.sweep.interval = interval
	grace, ok := duration(p, "SWEEP_GRACE", s.Sweep.Grace)
	if ok && grace < grants.LeastGrace {
		c.warn(fmt.Sprintf("SWEEP_GRACE=%s: AWS may take %s to show a change, so a sweep may take a new grant for rubbish and remove it; set at least %[2]s",
			s.Sweep.Grace, grants.LeastGrace))
	}
	c.sweep.grace = grace
}

// Values of AUDIT_LOG that are no file.
const (
	auditStdout = "stdout"
	auditOff    = "off"
)

func (s settings) parseAudit(c *config, p *problems) {
	c.audit = s.Audit.Log
	switch word := strings.ToLower(c.audit); word {
	case auditStdout, auditOff, "stderr", "none", "true", "false":
		if c.audit != auditStdout && c.audit != auditOff {
			p.add("AUDIT_LOG", "%q is not stdout, off or the path of a file (./%s is one)", c.audit, c.audit)
		}
	}
	if c.audit == auditOff {
		c.warn("AUDIT_LOG=off: nothing keeps who was given what")
	}
}

func (s settings) parseServe(c *config, p *problems) {
	in, out := s.Serve, &c.serve
	out.address = in.Address
	if host, _, ok := hostPort(in.Address); !ok || host != "" && !isHost(host) {
		p.add("LISTEN_ADDRESS", "%q is not host:port or :port", in.Address)
	}
	out.details = boolean(p, "STATUS_DETAILS", in.Details)
	level := oneOf(p, "LOG_LEVEL", strings.ToLower(in.LogLevel), "debug", "info", "warn", "error")
	_ = out.logLevel.UnmarshalText([]byte(level)) // "" where it is wrong, which has been said
	out.logText = oneOf(p, "LOG_FORMAT", in.LogFormat, "json", "text") == "text"
}
