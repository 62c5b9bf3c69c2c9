package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/kelseyhightower/envconfig"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/templates"
)

// config is what `port-iam run` works with: settings, parsed and checked.
type config struct {
	port struct {
		baseURL, clientID, orgID string
		clientSecret             secret
		confirmRequester         bool
		signature                string
		signingSecret            secret
	}
	kafka struct {
		brokers        []string
		username       string
		password       secret
		mechanism      string
		tls            *tls.Config // nil: no TLS
		topic, groupID string
	}
	iam struct {
		path, boundary string
		tags           map[string]string
	}
	aws       func(context.Context) (aws.Config, error) // the SDK's own settings
	templates *templates.Set
	grant     struct {
		trust                 string
		userName              func(email string) (string, error)
		duration, maxDuration time.Duration
		actions               templates.ActionIDs
		concurrency           int
		rules                 catalogue.Rules
	}
	sweepInterval time.Duration // 0: off
	sweepGrace    time.Duration
	listenAddress string
	statusDetails bool
	logLevel      slog.Level
	logText       bool
	warnings      []string // deliberate choices worth a line at every start
}

// problems collects everything that is wrong, each by the name of its variable.
type problems []error

func (p *problems) add(variable, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s: "+format, append([]any{variable}, args...)...))
}

// readConfig reads the environment. Its error names every variable that is
// wrong, one a line.
func readConfig() (*config, error) {
	s, err := readSettings()
	if err != nil {
		return nil, err
	}
	return s.parse()
}

func readSettings() (settings, error) {
	var s settings
	err := envconfig.Process("", &s)
	s.fillDefaults()
	return s, err
}

func (s settings) parse() (*config, error) {
	var p problems
	c := &config{listenAddress: s.ListenAddress, aws: defaultAWS}
	s.parsePort(c, &p)
	s.parseKafka(c, &p)
	s.parseIAM(c, &p)
	s.parseGrant(c, &p)
	s.parseSweep(c, &p)
	if _, _, err := net.SplitHostPort(s.ListenAddress); err != nil {
		p.add("LISTEN_ADDRESS", "%q is not host:port or :port", s.ListenAddress)
	}
	c.statusDetails = boolean(&p, "STATUS_DETAILS", s.StatusDetails)
	if err := c.logLevel.UnmarshalText([]byte(s.LogLevel)); err != nil {
		p.add("LOG_LEVEL", "%q is none of debug, info, warn, error", s.LogLevel)
	}
	c.logText = oneOf(&p, "LOG_FORMAT", s.LogFormat, "json", "text") == "text"
	return c, errors.Join(p...)
}

// defaultAWS finds settings and credentials the way every AWS tool does.
func defaultAWS(ctx context.Context) (aws.Config, error) { return awsconfig.LoadDefaultConfig(ctx) }

// fillDefaults treats a variable that is set but empty like one that is not set.
// Required ones have no default and are found missing either way.
func (s *settings) fillDefaults() {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.String && f.String() == "" {
			f.SetString(v.Type().Field(i).Tag.Get("default"))
		}
	}
}

func (s settings) parsePort(c *config, p *problems) {
	c.port.clientID, c.port.orgID = s.PortClientID, s.PortOrgID
	if s.PortClientID == "" {
		p.add("PORT_CLIENT_ID", "is missing: create credentials in Port under Builder > Organization settings > Credentials")
	}
	c.port.clientSecret = secretOrFile(p, "PORT_CLIENT_SECRET", s.PortClientSecret, s.PortClientSecretFile)
	if c.port.clientSecret.reveal() == "" && s.PortClientSecretFile == "" {
		p.add("PORT_CLIENT_SECRET", "is missing: set it or PORT_CLIENT_SECRET_FILE")
	}
	c.port.signature = oneOf(p, "PORT_SIGNATURE", s.PortSignature, signatureOff, signatureVerify, signatureRequire)
	c.port.signingSecret = secretOrFile(p, "PORT_SIGNING_SECRET", s.PortSigningSecret, s.PortSigningSecretFile)
	if c.port.signingSecret.reveal() == "" && s.PortSigningSecretFile == "" {
		c.port.signingSecret = c.port.clientSecret
	}
	c.port.baseURL = s.PortBaseURL
	insecure := boolean(p, "ALLOW_INSECURE_HTTP", s.AllowInsecureHTTP)
	checkURL(p, "PORT_BASE_URL", s.PortBaseURL, insecure)
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS"} {
		if u := os.Getenv(name); u != "" {
			checkURL(p, name, u, insecure)
		}
	}
	if c.port.confirmRequester = boolean(p, "PORT_CONFIRM_REQUESTER", s.PortConfirmRequester); !c.port.confirmRequester {
		c.warnings = append(c.warnings, "PORT_CONFIRM_REQUESTER=false: whoever can write to the topic can name any requester")
	}
}

// What to do about signatures of records.
const (
	signatureOff     = "off"
	signatureVerify  = "verify-if-present"
	signatureRequire = "require"
)

func (s settings) parseKafka(c *config, p *problems) {
	c.kafka.username, c.kafka.topic, c.kafka.groupID = s.KafkaUsername, s.KafkaTopic, s.KafkaGroupID
	c.kafka.password = secretOrFile(p, "KAFKA_PASSWORD", s.KafkaPassword, s.KafkaPasswordFile)
	for _, b := range splitList(s.KafkaBrokers) {
		if _, _, err := net.SplitHostPort(b); err != nil {
			p.add("KAFKA_BROKERS", "%q is not host:port", b)
		}
		c.kafka.brokers = append(c.kafka.brokers, b)
	}
	c.kafka.mechanism = oneOf(p, "KAFKA_SASL_MECHANISM", s.KafkaMechanism, "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "none")
	if boolean(p, "KAFKA_TLS", s.KafkaTLS) {
		c.kafka.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: caPool(p, s.KafkaTLSCAFile)}
	} else if s.KafkaTLSCAFile != "" {
		p.add("KAFKA_TLS_CA_FILE", "contradicts KAFKA_TLS=false: remove one of them")
	} else {
		c.warnings = append(c.warnings, "KAFKA_TLS=false: records and the Kafka password travel without encryption")
	}
}

func (s settings) parseIAM(c *config, p *problems) {
	c.iam.path = s.IAMPath
	if err := iamops.CheckPath(s.IAMPath); err != nil {
		p.add("IAM_PATH", "%v", err)
	}
	switch {
	case s.IAMBoundary == "":
		p.add("IAM_PERMISSIONS_BOUNDARY", "is missing: the ARN of a policy that limits every grant, or none")
	case s.IAMBoundary == "none":
		c.warnings = append(c.warnings, "IAM_PERMISSIONS_BOUNDARY=none: nothing but the catalogue in Port limits what can be granted")
	case !policyARN.MatchString(s.IAMBoundary):
		p.add("IAM_PERMISSIONS_BOUNDARY", "%q is neither the ARN of a managed policy (arn:aws:iam::123456789012:policy/Name) nor none", s.IAMBoundary)
	default:
		c.iam.boundary = s.IAMBoundary
	}
	c.iam.tags = tags(p, s.IAMTags)
}

var policyARN = regexp.MustCompile(`^arn:aws(-us-gov|-cn)?:iam::([0-9]{12}|aws):policy/[!-~]+$`)

func tags(p *problems, text string) map[string]string {
	out := map[string]string{}
	for _, kv := range splitList(text) {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			p.add("IAM_TAGS", "%q is not key=value", kv)
		}
		if _, twice := out[key]; twice {
			p.add("IAM_TAGS", "%q is given twice", key)
		}
		out[key] = value
	}
	if err := iamops.CheckTags(out); err != nil {
		p.add("IAM_TAGS", "%s", withSemicolons(err))
	}
	return out
}

// withSemicolons is the text of an error that may have several lines.
func withSemicolons(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func (s settings) parseGrant(c *config, p *problems) {
	c.grant.trust = oneOf(p, "GRANT_TRUST", s.GrantTrust, templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount)
	if c.grant.trust == templates.TrustAccount {
		c.warnings = append(c.warnings, "GRANT_TRUST=account: anyone in the account who may call sts:AssumeRole can use every grant")
	}
	how := oneOf(p, "GRANT_USER_NAME", s.GrantUserName, "email", "local-part")
	if how == "local-part" && s.GrantEmailDomain == "" {
		p.add("GRANT_EMAIL_DOMAIN", "is missing: GRANT_USER_NAME=local-part needs it, or two people with one local part would share a name")
	}
	c.grant.userName = userName(how == "local-part", strings.TrimPrefix(s.GrantEmailDomain, "@"))
	s.parseDurations(c, p)
	c.grant.actions = templates.ActionIDs{Grant: s.GrantAction, Revoke: s.RevokeAction, Expire: s.ExpireAction}
	if s.GrantAction == s.RevokeAction || s.GrantAction == s.ExpireAction || s.RevokeAction == s.ExpireAction {
		p.add("GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION", "must be three different actions")
	}
	c.grant.rules = catalogue.Rules{Deny: patterns(p, "GRANT_DENY", s.GrantDeny), Allow: patterns(p, "GRANT_ALLOW", s.GrantAllow)}
	n, err := strconv.Atoi(s.GrantConcurrency)
	if err != nil || n < 1 || n > 256 {
		p.add("GRANT_CONCURRENCY", "%q is not a number from 1 to 256", s.GrantConcurrency)
	}
	c.grant.concurrency = n
	c.templates = loadTemplates(p, s.TemplatesDir, c.grant.maxDuration > 0 || c.grant.duration > 0)
}

func (s settings) parseSweep(c *config, p *problems) {
	const least = 10 * time.Second
	var ok bool
	if c.sweepInterval, ok = duration(p, "SWEEP_INTERVAL", s.SweepInterval); ok && c.sweepInterval > 0 && c.sweepInterval < least {
		p.add("SWEEP_INTERVAL", "%s is shorter than %s", s.SweepInterval, least)
	}
	if c.sweepInterval == 0 && ok {
		c.warnings = append(c.warnings, "SWEEP_INTERVAL=0: nothing cleans up after crashes, and expired roles stay until they are revoked")
	}
	c.sweepGrace, _ = duration(p, "SWEEP_GRACE", s.SweepGrace)
}

func patterns(p *problems, variable, text string) []string {
	list := splitList(text)
	if err := catalogue.CheckPatterns(list); err != nil {
		p.add(variable, "%s", withSemicolons(err))
	}
	return list
}

func (s settings) parseDurations(c *config, p *problems) {
	d, ok := duration(p, "GRANT_DURATION", s.GrantDuration)
	limit, limitOK := duration(p, "GRANT_MAX_DURATION", s.GrantMaxDuration)
	c.grant.duration, c.grant.maxDuration = d, limit
	switch {
	case !ok || !limitOK:
	case limit > 0 && (d > limit || d == 0):
		p.add("GRANT_DURATION", "%s is longer than GRANT_MAX_DURATION=%s (0 is until revoked)", s.GrantDuration, s.GrantMaxDuration)
	case d > 0 && d < 15*time.Minute:
		p.add("GRANT_DURATION", "%s is shorter than 15m", s.GrantDuration)
	}
}

func loadTemplates(p *problems, dir string, limited bool) *templates.Set {
	var source fs.FS
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			p.add("TEMPLATES_DIR", "%q is not a directory that can be read", dir)
			return nil
		}
		source = os.DirFS(dir)
	}
	set, err := templates.Load(source)
	if err == nil {
		err = set.Check(limited)
	}
	if err != nil {
		p.add("TEMPLATES_DIR", "%s: %v", path.Clean(dir), err)
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

func oneOf(p *problems, variable, value string, allowed ...string) string {
	for _, a := range allowed {
		if value == a {
			return a
		}
	}
	p.add(variable, "%q is none of %s", value, strings.Join(allowed, ", "))
	return ""
}

func boolean(p *problems, variable, value string) bool {
	b, err := strconv.ParseBool(value)
	if err != nil {
		p.add(variable, "%q is neither true nor false", value)
	}
	return b
}

func duration(p *problems, variable, value string) (time.Duration, bool) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		p.add(variable, "%q is not a duration such as 30m or 8h", value)
		return 0, false
	}
	return d, true
}

func secretOrFile(p *problems, variable string, value secret, file string) secret {
	if file == "" {
		return value
	}
	if value.reveal() != "" {
		p.add(variable, "contradicts %s_FILE: set one of them", variable)
		return value
	}
	text, err := os.ReadFile(file)
	if err != nil {
		p.add(variable+"_FILE", "%v", err)
		return secret{}
	}
	if s := strings.TrimRight(string(text), "\r\n"); s != "" {
		return newSecret(s)
	}
	p.add(variable+"_FILE", "%s is empty", file)
	return secret{}
}

func caPool(p *problems, file string) *x509.CertPool {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	pool := x509.NewCertPool()
	if err != nil {
		p.add("KAFKA_TLS_CA_FILE", "%v", err)
	} else if !pool.AppendCertsFromPEM(text) {
		p.add("KAFKA_TLS_CA_FILE", "%s holds no certificate in PEM form", file)
	}
	return pool
}

// checkURL refuses what would send credentials in the clear.
func checkURL(p *problems, variable, text string, insecure bool) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		p.add(variable, "is not a URL such as https://api.port.io")
		return
	}
	if u.Scheme == "https" || insecure || u.Hostname() == "localhost" {
		return
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		p.add(variable, "is http:// to %s: use https, or set ALLOW_INSECURE_HTTP=true", u.Hostname())
	}
}

func splitList(text string) []string {
	var out []string
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
