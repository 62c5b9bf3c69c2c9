package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// validEnv is the least that a daemon needs.
func validEnv() map[string]string {
	return map[string]string{
		"PORT_CLIENT_ID": "id", "PORT_CLIENT_SECRET": "sesame",
		"IAM_PERMISSIONS_BOUNDARY": "arn:aws:iam::123456789012:policy/PortIamBoundary",
	}
}

// readWith reads the configuration from an environment that has, of our
// variables, only these.
func readWith(t *testing.T, env map[string]string) (*config, error) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		for _, prefix := range []string{"PORT_", "KAFKA_", "ACCOUNT", "IAM_", "GRANT_", "AWS_", "REVOKE_", "EXPIRE_", "LOG_", "LISTEN_", "TEMPLATES_", "SWEEP_", "ALLOW_", "STATUS_", "IDENTITY_", "AUDIT_"} {
			if strings.HasPrefix(name, prefix) {
				t.Setenv(name, "") // restored after the test
				if err := os.Unsetenv(name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for k, v := range env {
		t.Setenv(k, v)
	}
	trimEnvironment() // as execute does
	return readSettings().parse(defaultAWS)
}

func TestDefaults(t *testing.T) {
	cfg, err := readWith(t, validEnv())
	if err != nil {
		t.Fatal(err)
	}
	if cfg.port.baseURL != "https://api.port.io" || !cfg.records.confirmRequester || cfg.port.clientSecret.reveal() != "sesame" {
		t.Errorf("port: %+v", cfg.port)
	}
	if cfg.kafka.mechanism != "SCRAM-SHA-512" || cfg.kafka.tls == nil || cfg.kafka.tls.RootCAs != nil {
		t.Errorf("kafka: %+v", cfg.kafka)
	}
	if cfg.iam.path != "/port-iam/" || cfg.grant.trust != "identity-center" || cfg.grant.concurrency != 16 {
		t.Errorf("iam %+v, grant %+v", cfg.iam, cfg.grant)
	}
	if cfg.grant.duration != 8*time.Hour || cfg.grant.maxDuration != 24*time.Hour {
		t.Errorf("durations %s, %s", cfg.grant.duration, cfg.grant.maxDuration)
	}
	if len(cfg.warnings) != 0 {
		t.Errorf("defaults are warned about: %v", cfg.warnings)
	}
}

func TestSetButEmptyIsTheDefault(t *testing.T) {
	env := validEnv()
	env["GRANT_DURATION"], env["KAFKA_TLS"], env["LOG_LEVEL"] = "", "", ""
	cfg, err := readWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.grant.duration != 8*time.Hour || cfg.kafka.tls == nil {
		t.Errorf("duration %s, tls %v", cfg.grant.duration, cfg.kafka.tls)
	}
}

func TestSecretFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := validEnv()
	delete(env, "PORT_CLIENT_SECRET")
	env["PORT_CLIENT_SECRET_FILE"] = file
	cfg, err := readWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.port.clientSecret.reveal() != "from file" {
		t.Errorf("got %q", cfg.port.clientSecret.reveal())
	}
}

func TestWarnings(t *testing.T) {
	for _, tc := range []struct{ variable, value string }{
		{"IAM_PERMISSIONS_BOUNDARY", "none"},
		{"GRANT_TRUST", "account"},
		{"PORT_CONFIRM_REQUESTER", "false"},
		{"KAFKA_TLS", "false"},
		{"SWEEP_GRACE", "0s"},
		{"SWEEP_GRACE", "1m59s"},
	} {
		t.Run(tc.variable+"="+tc.value, func(t *testing.T) {
			env := validEnv()
			env[tc.variable] = tc.value
			cfg, err := readWith(t, env)
			if err != nil {
				t.Fatal(err)
			}
			if len(cfg.warnings) != 1 || !strings.Contains(cfg.warnings[0], tc.variable+"="+tc.value) {
				t.Errorf("warnings: %v", cfg.warnings)
			}
		})
	}
}

// TestGraceWarning: what may happen and what to set; from two minutes on it is not
// warned about.
func TestGraceWarning(t *testing.T) {
	for value, want := range map[string]string{"0": "set at least 2m0s", "119s": "a sweep may take a new grant for rubbish", "2m": "", "1h": ""} {
		env := validEnv()
		env["SWEEP_GRACE"] = value
		cfg, err := readWith(t, env)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(cfg.warnings, "\n"); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("SWEEP_GRACE=%s: warnings %q, want %q", value, got, want)
		}
	}
}

// TestProblems changes one thing of a good environment. The error must name the
// variable and say what is expected.
func TestProblems(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		env  map[string]string // "-": unset
		want string
	}{
		{"no client id", map[string]string{"PORT_CLIENT_ID": "-"}, "PORT_CLIENT_ID: is missing"},
		{"client id set but empty", map[string]string{"PORT_CLIENT_ID": ""}, "PORT_CLIENT_ID: is missing"},
		{"no secret", map[string]string{"PORT_CLIENT_SECRET": "-"}, "PORT_CLIENT_SECRET: is missing: set it or PORT_CLIENT_SECRET_FILE"},
		{"secret twice", map[string]string{"PORT_CLIENT_SECRET_FILE": empty}, "PORT_CLIENT_SECRET: contradicts PORT_CLIENT_SECRET_FILE"},
		{"secret file empty", map[string]string{"PORT_CLIENT_SECRET": "-", "PORT_CLIENT_SECRET_FILE": empty}, "PORT_CLIENT_SECRET_FILE: " + empty + " is empty"},
		{"secret file missing", map[string]string{"KAFKA_PASSWORD_FILE": "/nowhere"}, "KAFKA_PASSWORD_FILE: open /nowhere"},
		{"no boundary", map[string]string{"IAM_PERMISSIONS_BOUNDARY": "-"}, "IAM_PERMISSIONS_BOUNDARY: is missing"},
		{"boundary is a role", map[string]string{"IAM_PERMISSIONS_BOUNDARY": "arn:aws:iam::123456789012:role/x"}, "IAM_PERMISSIONS_BOUNDARY: \"arn:aws:iam::123456789012:role/x\" is neither"},
		{"not a URL", map[string]string{"PORT_BASE_URL": "api.port.io"}, "PORT_BASE_URL: is not a URL"},
		{"password in a URL", map[string]string{"PORT_BASE_URL": "https://user:sesame@api.port.io"}, "PORT_BASE_URL: must hold neither credentials nor"},
		{"query in a URL", map[string]string{"PORT_BASE_URL": "https://api.port.io?x=1"}, "PORT_BASE_URL: must hold neither"},
		{"fragment in a URL", map[string]string{"AWS_ENDPOINT_URL_IAM": "https://iam.example#"}, "AWS_ENDPOINT_URL_IAM: must hold neither"},
		{"http to Port", map[string]string{"PORT_BASE_URL": "http://port.example.com"}, "PORT_BASE_URL: is http:// to port.example.com"},
		{"http to IAM", map[string]string{"AWS_ENDPOINT_URL_IAM": "http://iam.example.com"}, "AWS_ENDPOINT_URL_IAM: is http://"},
		{"broker without port", map[string]string{"KAFKA_BROKERS": "a:9092,b"}, `KAFKA_BROKERS: "b" is not host:port`},
		{"mechanism", map[string]string{"KAFKA_SASL_MECHANISM": "GSSAPI"}, `KAFKA_SASL_MECHANISM: "GSSAPI" is none of SCRAM-SHA-512`},
		{"tls", map[string]string{"KAFKA_TLS": "perhaps"}, `KAFKA_TLS: "perhaps" is neither true nor false`},
		{"ca without tls", map[string]string{"KAFKA_TLS": "false", "KAFKA_TLS_CA_FILE": empty}, "KAFKA_TLS_CA_FILE: contradicts KAFKA_TLS=false"},
		{"ca not PEM", map[string]string{"KAFKA_TLS_CA_FILE": empty}, "KAFKA_TLS_CA_FILE: " + empty + " holds no certificate"},
		{"boundary in capitals", map[string]string{"IAM_PERMISSIONS_BOUNDARY": "NONE"}, `IAM_PERMISSIONS_BOUNDARY: "NONE" is neither`},
		{"an account of 11 digits", map[string]string{"ACCOUNTS": "12345678901", "IAM_PERMISSIONS_BOUNDARY": "B"}, `ACCOUNTS: "12345678901" is not the id of an account: 12 digits`},
		{"account twice", map[string]string{"ACCOUNTS": "111111111111,222222222222,111111111111", "IAM_PERMISSIONS_BOUNDARY": "B"}, "ACCOUNTS: 111111111111 is given twice"},
		{"self is no account that is served", map[string]string{"ACCOUNTS": "self"}, `ACCOUNTS: "self" is not the id of an account: 12 digits`},
		{"accounts of nothing", map[string]string{"ACCOUNTS": ","}, `ACCOUNTS: "," holds nothing but commas`},
		{"role by ARN", map[string]string{"ACCOUNT_ROLE": "arn:aws:iam::111111111111:role/PortIam"}, `ACCOUNT_ROLE: "arn:aws:iam::111111111111:role/PortIam" is an ARN: give the name`},
		{"role too long", map[string]string{"ACCOUNT_ROLE": strings.Repeat("r", 65)}, "is not the name of a role, such as PortIam"},
		{"external id with blanks", map[string]string{"ACCOUNT_EXTERNAL_ID": "a b"}, "ACCOUNT_EXTERNAL_ID: AWS takes 2 to 1224"},
		{"external id of one character", map[string]string{"ACCOUNT_EXTERNAL_ID": "a"}, "ACCOUNT_EXTERNAL_ID: AWS takes 2 to 1224"},
		{"trust in nobody's account", map[string]string{"GRANT_TRUST_ACCOUNTS": "selves"}, `GRANT_TRUST_ACCOUNTS: "selves" is not the id of an account: 12 digits, or self`},
		{"trust twice", map[string]string{"GRANT_TRUST_ACCOUNTS": "self,self"}, "GRANT_TRUST_ACCOUNTS: self is given twice"},
		{
			"users of two accounts",
			map[string]string{"GRANT_TRUST": "iam-user", "GRANT_TRUST_ACCOUNTS": "self,111111111111"},
			"GRANT_TRUST_ACCOUNTS: names 2 accounts, and with GRANT_TRUST=iam-user it takes one",
		},
		{
			"trust that is too long",
			map[string]string{"GRANT_TRUST_ACCOUNTS": accountIDs(20)},
			"GRANT_TRUST_ACCOUNTS: name fewer accounts: the trust policy of a grant would have ",
		},
		{
			"boundary by ARN for two accounts",
			map[string]string{"ACCOUNTS": "123456789012,111111111111"},
			"IAM_PERMISSIONS_BOUNDARY: arn:aws:iam::123456789012:policy/PortIamBoundary is a policy of one account, and 2 are served: give its name",
		},
		{
			"boundary of another account",
			map[string]string{"ACCOUNTS": "111111111111"},
			"IAM_PERMISSIONS_BOUNDARY: arn:aws:iam::123456789012:policy/PortIamBoundary is not of account 111111111111, which is served",
		},
		{"boundary with a name of grants", map[string]string{"IAM_PERMISSIONS_BOUNDARY": "port-iam/Permission-boundary"}, "IAM_PERMISSIONS_BOUNDARY: port-iam/Permission-boundary has a name of grants"},
		{
			"boundary with a name of grants, by its ARN",
			map[string]string{"IAM_PERMISSIONS_BOUNDARY": "arn:aws:iam::123456789012:policy/a/Permission-b", "IAM_PATH": "/a/"},
			"IAM_PERMISSIONS_BOUNDARY: a/Permission-b has a name of grants, so the daemon could delete it",
		},
		{"role with a name of grants", map[string]string{"ACCOUNT_ROLE": "/port-iam/Permission-x"}, "ACCOUNT_ROLE: /port-iam/Permission-x has a name of grants"},
		{"path without slash", map[string]string{"IAM_PATH": "port-iam"}, "IAM_PATH: "},
		{"path too long", map[string]string{"IAM_PATH": "/" + strings.Repeat("x", 35) + "/"}, "IAM_PATH: "},
		{"tag", map[string]string{"IAM_TAGS": "team"}, `IAM_TAGS: "team" is not key=value`},
		{"our tag", map[string]string{"IAM_TAGS": "port-iam-run-id=x"}, `IAM_TAGS: the tag "port-iam-run-id" is not free`},
		{"tag twice", map[string]string{"IAM_TAGS": "a=1,a=2"}, `IAM_TAGS: "a" is given twice`},
		{"templates", map[string]string{"TEMPLATES_DIR": "/nowhere"}, `TEMPLATES_DIR: "/nowhere" is not a directory`},
		{"trust", map[string]string{"GRANT_TRUST": "everyone"}, `GRANT_TRUST: "everyone" is none of identity-center, iam-user, account`},
		{"signature", map[string]string{"PORT_SIGNATURE": "maybe"}, `PORT_SIGNATURE: "maybe" is none of off, verify-if-present, require`},
		{"deny", map[string]string{"GRANT_DENY": "s3:Delete*,s3"}, `GRANT_DENY: "s3" is not an action pattern`},
		{"allow", map[string]string{"GRANT_ALLOW": "everything"}, `GRANT_ALLOW: "everything" is not an action pattern`},
		{"user name", map[string]string{"GRANT_USER_NAME": "nick"}, `GRANT_USER_NAME: "nick" is none of email, local-part`},
		{"local part without domain", map[string]string{"GRANT_USER_NAME": "local-part"}, "GRANT_EMAIL_DOMAIN: is missing"},
		{"duration", map[string]string{"GRANT_DURATION": "8"}, `GRANT_DURATION: "8" is not a duration`},
		{"duration too short", map[string]string{"GRANT_DURATION": "5m"}, "GRANT_DURATION: 5m is shorter than 15m"},
		{"duration above the maximum", map[string]string{"GRANT_DURATION": "25h"}, "GRANT_DURATION: 25h is longer than GRANT_MAX_DURATION=24h"},
		{"forever above a maximum", map[string]string{"GRANT_DURATION": "0"}, "GRANT_DURATION: 0 is longer than GRANT_MAX_DURATION=24h"},
		{"no identifier of an action", map[string]string{"GRANT_ACTION": "a/b"}, `GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION: "a/b" cannot be the identifier`},
		{"actions alike", map[string]string{"GRANT_ACTION": "revoke_permissions"}, "must be different actions"},
		{"grant action twice", map[string]string{"GRANT_ACTION": "a,b,a"}, "GRANT_ACTION: a is given twice: give it once"},
		{"grant action twice with accounts", map[string]string{"GRANT_ACTION": "a,a=123456789012", "ACCOUNTS": "123456789012"}, "GRANT_ACTION: a is given twice: give it once"},
		{"grant action of no account", map[string]string{"GRANT_ACTION": "a="}, `GRANT_ACTION: "a=" names no account behind =`},
		{"grant action of 11 digits", map[string]string{"GRANT_ACTION": "a=12345678901"}, `GRANT_ACTION: "12345678901" is not the id of an account: 12 digits`},
		{"grant action of nothing between", map[string]string{"GRANT_ACTION": "a=+123456789012"}, `GRANT_ACTION: "" is not the id of an account`},
		{"grant action of an account twice", map[string]string{"GRANT_ACTION": "a=123456789012+123456789012"}, "GRANT_ACTION: 123456789012 is given twice"},
		{
			"grant action of an account that is not served",
			map[string]string{"GRANT_ACTION": "a=123456789012+111111111111,b", "ACCOUNTS": "123456789012"},
			"GRANT_ACTION: a is to reach account 111111111111, which is not served: add it to ACCOUNTS",
		},
		{"no grant action", map[string]string{"GRANT_ACTION": ","}, `GRANT_ACTION: "," holds nothing but commas`},
		{"concurrency", map[string]string{"GRANT_CONCURRENCY": "0"}, `GRANT_CONCURRENCY: "0" is not a number from 1 to 256`},
		{"listen address", map[string]string{"LISTEN_ADDRESS": "8080"}, `LISTEN_ADDRESS: "8080" is not host:port`},
		{"log level", map[string]string{"LOG_LEVEL": "loud"}, `LOG_LEVEL: "loud" is none of debug, info, warn, error`},
		{"log format", map[string]string{"LOG_FORMAT": "xml"}, `LOG_FORMAT: "xml" is none of json, text`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			env := validEnv()
			for k, v := range tc.env {
				if v == "-" {
					delete(env, k)
				} else {
					env[k] = v
				}
			}
			_, err := readWith(t, env)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant it to contain %q", err, tc.want)
			}
			if err != nil && strings.Count(err.Error(), "\n") != 0 {
				t.Errorf("one thing is wrong and several are reported:\n%v", err)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := readWith(t, map[string]string{"KAFKA_TLS": "x", "GRANT_DURATION": "y", "LOG_FORMAT": "z"})
	if err == nil {
		t.Fatal("no error")
	}
	var names []string
	for line := range strings.Lines(err.Error()) {
		name, _, _ := strings.Cut(line, ":")
		names = append(names, name)
	}
	want := []string{"PORT_CLIENT_ID", "PORT_CLIENT_SECRET", "KAFKA_TLS", "IAM_PERMISSIONS_BOUNDARY", "GRANT_DURATION", "LOG_FORMAT"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("variables (-want +got):\n%s\n%v", diff, err)
	}
}

func TestInsecureHTTP(t *testing.T) {
	env := validEnv()
	for _, tc := range []struct {
		url, allow string
		ok         bool
	}{
		{"http://127.0.0.1:1234", "false", true},
		{"http://localhost:1234", "false", true},
		{"http://[::1]:1234", "false", true},
		{"http://localhost.example.com", "false", false},
		{"http://10.0.0.1", "false", false},
		{"http://10.0.0.1", "true", true},
		{"https://10.0.0.1", "false", true},
	} {
		env["PORT_BASE_URL"], env["ALLOW_INSECURE_HTTP"] = tc.url, tc.allow
		if _, err := readWith(t, env); (err == nil) != tc.ok {
			t.Errorf("%s with ALLOW_INSECURE_HTTP=%s: %v", tc.url, tc.allow, err)
		}
	}
}

// With trust in all of the account no name is refused, and no setting about names is
// needed or counts.
func TestNamesWithTrustInTheAccount(t *testing.T) {
	env := validEnv()
	env["GRANT_TRUST"] = "account"
	for _, names := range []map[string]string{
		{},
		{"GRANT_USER_NAME": "local-part"},
		{"GRANT_EMAIL_DOMAIN": "example.com"},
		{"GRANT_USER_NAME": "local-part", "GRANT_EMAIL_DOMAIN": "@example.com"},
	} {
		for _, k := range []string{"GRANT_USER_NAME", "GRANT_EMAIL_DOMAIN"} {
			env[k] = names[k]
		}
		cfg, err := readWith(t, env)
		if err != nil {
			t.Fatalf("%v: %v", names, err)
		}
		for _, who := range []string{"bot@serviceaccounts.getport.io", "o'neil@example.org", "jörg@example.com", "*@x", "nobody", strings.Repeat("a", 200)} {
			if got, err := cfg.grant.userName(who); got != who || err != nil {
				t.Errorf("%v: %s is %q, %v", names, who, got, err)
			}
		}
		told := strings.Contains(strings.Join(cfg.warnings, "\n"), "GRANT_EMAIL_DOMAIN has no effect")
		if told != (names["GRANT_EMAIL_DOMAIN"] != "") {
			t.Errorf("%v: warnings %q", names, cfg.warnings)
		}
	}
}
