package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWrongSettings: each is told by the name of its variable and with code 2,
// before anything is asked.
func TestWrongSettings(t *testing.T) {
	var asked atomic.Int32
	port := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer port.Close()
	long := strings.Repeat("x", 250)
	for variable, values := range map[string][]string{
		"KAFKA_BROKERS": {
			"broker:abc", "broker:", ":9092", "broker:0", "broker:99999", "broker:-1", "broker:+9092", "broker:0x10", "broker", "bro ker:9092",
			"PLAINTEXT://broker:9092", "http://broker", "broker:9092/x", "user@broker:9092", "::1:9092", "[::1]", "[broker]:9092", "[127.0.0.1]:9092", "300.1.1.1:9092",
			"a..b:9092", "-a:9092", "broker:9092,other", "ok:1,:2", ",", "broker;other:9092", long + ":9092", "a\tb:9092",
		},
		"LISTEN_ADDRESS": {":abc", ":99999", ":", ":http", "8080", "localhost", "local host:8080", "::1:8080", "[localhost]:8080", "http://localhost:8080", ":-1", "1.2.3:8080", "*:8080"},
		"PORT_BASE_URL": {
			"https://api.port.io?x=1", "https://api.port.io?", "https://api.port.io#", "https://api.port.io/#x", "https://u@api.port.io", "https://u:p@api.port.io",
			"https://api.port.io:99999", "https://api.port.io:abc", "https://:443", "https://", "ftp://api.port.io", "api.port.io", "https://api port.io", "https://300.1.1.1", "https:api.port.io",
			"https://api.port.io/v1", "https://api.port.io/v1/", "https://api.port.io/V1//", "https://api.port.io/%761", "https://proxy.example/port/v1", "https://api.port.io//v1", "https://api.port.io/v1?x=1",
			"https://api.port.io:", "https://api.port.io:/", "https://[::1]:", "https://api.port.io/a b", "https://api.port.io/a%20b", "https://api.port.io/a%09", "https://api.port.io/a%0a",
			"https://api.port.io/..", "https://api.port.io/a/../b", "https://api.port.io/%2e%2e/b", "https://api.port.io/./b", "https://api.port.io/a//b",
		},
		"KAFKA_TOPIC":               {"a b", "a/b", ".", "..", "größe", long, "a\nb"},
		"KAFKA_INSTANCE_ID":         {"a b", "a/b", ".", "..", long, "a:b"},
		"KAFKA_GROUP_ID":            {"a b", "a\x01b", "größe", long},
		"PORT_ORG_ID":               {"org 1", "org/1", "org\x1b1", long},
		"GRANT_ACTION":              {"a/b", `a"b`, `a\b`, "a\x01b", "ä", ".", "..", "revoke_permissions", long},
		"REVOKE_ACTION":             {"a/b", "a b", "request_permissions"},
		"EXPIRE_ACTION":             {"a,b", "request_permissions"},
		"GRANT_EMAIL_DOMAIN":        {"@", "a@b", "exa mple.com", "a.com,b.com", "@@example.com", ".com", "example..com", "example.", "-a.com", "a-.com", "a.-b.com", "a.b-", "a_b.com", long[:64] + ".com", strings.Repeat("abc.", 70) + "com"},
		"IAM_PERMISSIONS_BOUNDARY":  wrongBoundaries(),
		"ACCOUNTS":                  {"1", "1234567890123", "12345678901x", "123456789012;111111111111", "123456789012,123456789012", "self", "arn:aws:iam::123456789012:root", ","},
		"ACCOUNT_ROLE":              {"a b", "a/", "/", "a//b", "a*", "größe", "a:b", "arn:aws:iam::123456789012:role/a", long, strings.Repeat("p", 511) + "/x", "//a"},
		"ACCOUNT_EXTERNAL_ID":       {"x", "a b", "größe", "a*b", "a\tb", strings.Repeat("x", 1225)},
		"GRANT_TRUST_ACCOUNTS":      {"me", "1", "self,self", "self,123456789012,123456789012", ",", accountIDs(20), "self," + accountIDs(19)},
		"GRANT_ALLOW":               {"none,s3:GetObject", "None", ","},
		"GRANT_DENY":                {"none", ","},
		"LOG_LEVEL":                 {"info+2", "loud"},
		"AWS_REGION":                {"us east 1", "https://us-east-1", "us.east"},
		"AWS_ENDPOINT_URL":          {"https://aws.example?x=1", "https://u:p@aws.example", "http://aws.example", "aws.example", "https://aws.example:", "https://aws.example/../x", "https://aws.example/a b"},
		"AWS_ENDPOINT_URL_IAM":      {"https://aws.example#x", "http://aws.example:99999"},
		"AWS_ENDPOINT_URL_STS":      {"https://aws.example/?", "https://"},
		"AWS_ENDPOINT_URL_SSO":      {"http://aws.example"},
		"AWS_ENDPOINT_URL_SSO_OIDC": {"https://u@aws.example"},
	} {
		for _, value := range values {
			t.Run(variable+"="+value[:min(len(value), 40)], func(t *testing.T) {
				env := validEnv()
				env["PORT_BASE_URL"] = port.URL
				env[variable] = value
				_, err := readWith(t, env)
				if err == nil || !strings.Contains(err.Error(), variable) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("got %v", err)
				}
				wantCommand(t, exitConfig, variable, "run")
			})
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("Port was asked %d times", n)
	}
}

// accountIDs is a list of so many accounts.
func accountIDs(n int) string {
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("3000000000%02d", i))
	}
	return strings.Join(ids, ",")
}

const policyPrefix = "arn:aws:iam::123456789012:policy/"

// wrongBoundaries are no ARNs of managed policies by the rules of IAM.
func wrongBoundaries() []string {
	all := []string{"None", "NONE", "a/", "/", "a//b", "a b", "a*", "a:b", "größe", "123456789012:policy/x", strings.Repeat("n", 129), strings.Repeat("p", 511) + "/x", "arn:aws:iam::123456789012:policy", "arn:aws:iam::12345678901:policy/x", "arn:aws:iam:eu-west-1:123456789012:policy/x", "arn:aws:s3::123456789012:policy/x"}
	for _, rest := range []string{
		"", "/", "x*", "*", "x?", "a/", "/a", "/a/b", "a//b", `a"b`, `a"b/c`, "a b", "a\tb", "a b/c", "a*/b", "${aws:username}", "größe", "a:b", `a\b`, "a!b",
		strings.Repeat("n", 129), strings.Repeat("n", 3000), strings.Repeat("p", 511) + "/x", strings.Repeat("a/", 256) + "x",
	} {
		all = append(all, policyPrefix+rest)
	}
	return all
}

// TestRightSettings: what looks odd and is right.
func TestRightSettings(t *testing.T) {
	for variable, values := range map[string][]string{
		"KAFKA_BROKERS":      {"broker-1:9092", "a:1,b:65535", "[::1]:9092", "[fe80::1%eth0]:9092", "127.0.0.1:9092", "b-1.x_y.example.com.:9092", "a:9092,", " a:9092 , b:9092 "},
		"LISTEN_ADDRESS":     {":0", ":8080", "localhost:8080", "[::]:8080", "0.0.0.0:65535"},
		"PORT_BASE_URL":      {"https://api.us.port.io", "https://api.port.io/", "https://proxy.example:8443/port", "https://[::1]:8443", "https://proxy.example/a/b-c_d.e/", "https://proxy.example/v1/port", "https://proxy.example/v10", "https://api.port.io//"},
		"KAFKA_TOPIC":        {"org_1.runs", "a-b"},
		"KAFKA_GROUP_ID":     {"org_1.port-iam", "a@b:c/d"},
		"KAFKA_INSTANCE_ID":  {"ip-10-0-0-1.example.com", "port-iam-5d9f7c-x2x9z"},
		"PORT_ORG_ID":        {"org_AbC123"},
		"GRANT_ACTION":       {"a.b:c@d+e=f-g"},
		"GRANT_EMAIL_DOMAIN": {"example.com", "@example.com", "größe.example", "xn--gre-6ka8i.example", "a--b.c", "1.example", strings.Repeat("x", 63) + ".example", "intranet"},
		"IAM_PERMISSIONS_BOUNDARY": {
			"none", "Boundary", "Permission-boundary", "port-iam/boundary", "other/port-iam/Permission-b", "arn:aws:iam::aws:policy/port-iam/Permission-b", "/team/b_+=,.@-", "team/x/y", "nonesuch", strings.Repeat("p", 510) + "/x", policyPrefix + "a", policyPrefix + "a_b+c=d,e.f@g-h", policyPrefix + strings.Repeat("n", 128), policyPrefix + "team/a.b,c+d@e=f_g-h/x",
			policyPrefix + strings.Repeat("p", 510) + "/x", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", "arn:aws-us-gov:iam::123456789012:policy/x", "arn:aws-cn:iam::aws:policy/x",
		},
		"ACCOUNTS":             {"123456789012", " 123456789012 ,"},
		"ACCOUNT_ROLE":         {"PortIam", "/PortIam", "Permission-x", "port-iam/PortIam", "a/b_+=,.@-", strings.Repeat("p", 510) + "/" + strings.Repeat("n", 64), "/" + strings.Repeat("p", 510) + "/x"},
		"ACCOUNT_EXTERNAL_ID":  {"ab", "a:/b+=,.@-_", strings.Repeat("x", 1224)},
		"GRANT_TRUST_ACCOUNTS": {"self", "111111111111", "self, 111111111111", "111111111111,222222222222", accountIDs(8), "self," + accountIDs(7)},
		"GRANT_ALLOW":          {"none", "s3:PutBucketPolicy, rds-db:connect"},
		"LOG_LEVEL":            {"INFO", "debug"},
	} {
		for _, value := range values {
			env := validEnv()
			env[variable] = value
			if _, err := readWith(t, env); err != nil {
				t.Errorf("%s=%q: %v", variable, value, err)
			}
		}
	}
}

// TestAllowNone: the default is switched off, and only by that word.
func TestAllowNone(t *testing.T) {
	for value, want := range map[string][]string{"none": nil, "": {"rds-db:connect"}, " \n": {"rds-db:connect"}, " none\n": nil, "s3:PutBucketPolicy": {"s3:PutBucketPolicy"}} {
		env := validEnv()
		env["GRANT_ALLOW"] = value
		cfg, err := readWith(t, env)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		if diff := cmp.Diff(want, cfg.rules.Allow); diff != "" {
			t.Errorf("GRANT_ALLOW=%q (-want +got):\n%s", value, diff)
		}
	}
}

// TestWhiteSpace: around a value it counts nowhere, in a variable or in a file,
// and a value of nothing else is none.
func TestWhiteSpace(t *testing.T) {
	plain, padded, blank := map[string]string{}, map[string]string{}, map[string]string{}
	for _, f := range settingFields() {
		name := f.Tag.Get("envconfig")
		plain[name], padded[name], blank[name] = "v of "+name, "\t v of "+name+" \r\n", " \n"
	}
	read := func(env map[string]string) settings {
		_, _ = readWith(t, env)
		return readSettings()
	}
	if want, got := read(plain), read(padded); !reflect.DeepEqual(want, got) {
		t.Errorf("with white space %+v\nwithout %+v", got, want)
	}
	want := read(nil)
	want.Port.ClientSecret, want.Records.SigningSecret, want.Kafka.Password = newSecret(""), newSecret(""), newSecret("")
	if got := read(blank); !reflect.DeepEqual(want, got) {
		t.Errorf("with nothing but white space %+v\nwithout %+v", got, want)
	}

	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("\n sesame\t\r\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"PORT_CLIENT_ID": "id\n", "PORT_CLIENT_SECRET": " ", "PORT_CLIENT_SECRET_FILE": " " + file + "\n", "KAFKA_PASSWORD": "pass word\n",
		"IAM_PERMISSIONS_BOUNDARY": " none ", "GRANT_EMAIL_DOMAIN": " @example.com", "PORT_BASE_URL": " https://api.us.port.io\n",
		"KAFKA_BROKERS": " a:1 ,\tb:2\n", "IAM_TAGS": " team = iam , cost=1 ", "GRANT_DENY": " s3:DeleteBucket , s3:PutObject ",
		"AWS_ENDPOINT_URL_STS": " https://sts.example ", "AWS_SECRET_ACCESS_KEY": "key\n", "AWS_ACCESS_KEY_ID": " id",
	}
	cfg, err := readWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.grant.userName("alice@example.com"); err != nil {
		t.Error(err)
	}
	sdk, err := cfg.aws(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := sdk.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		cfg.port.clientID, cfg.port.clientSecret.reveal(), cfg.kafka.password.reveal(), cfg.port.baseURL, cfg.kafka.brokers, cfg.iam.tags, cfg.rules.Deny,
		awsEndpoint(sdk, "STS"), keys.SecretAccessKey, keys.AccessKeyID,
	}
	if diff := cmp.Diff([]any{
		"id", "sesame", "pass word", "https://api.us.port.io",
		[]string{"a:1", "b:2"},
		map[string]string{"team": "iam", "cost": "1"},
		[]string{"s3:DeleteBucket", "s3:PutObject"},
		"https://sts.example", "key", "id",
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	env["PORT_CLIENT_SECRET_FILE"] = " \n"
	if _, err := readWith(t, env); err == nil || err.Error() != "PORT_CLIENT_SECRET: is missing: set it or PORT_CLIENT_SECRET_FILE" {
		t.Errorf("nothing but white space: %v", err)
	}
}

// TestAWSFiles: what a file of the AWS SDK says about addresses is checked like a
// variable, but not where it has no effect. A file or profile that cannot be read
// is wrong, too, and told together with all else.
func TestAWSFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	profile := func(lines string) { // of the default profile
		t.Helper()
		if err := os.WriteFile(file, []byte("[default]\n"+lines), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name, lines string
		env         map[string]string
		want        string // "": nothing is wrong
	}{
		{"nothing", "", nil, ""},
		{"https", "endpoint_url = https://aws.example", nil, ""},
		{"http", "endpoint_url = http://aws.example", nil, "AWS_CONFIG_FILE, endpoint_url of IAM: is http:// to aws.example"},
		{"query", "endpoint_url = https://aws.example?x=1", nil, "AWS_CONFIG_FILE, endpoint_url of IAM: must hold neither"},
		{"of a service", "services = s\n[services s]\nsts =\n  endpoint_url = http://sts.example", nil, "AWS_CONFIG_FILE, endpoint_url of STS: is http://"},
		{"of another service", "services = s\n[services s]\ns3 =\n  endpoint_url = http://s3.example", nil, ""},
		{"allowed", "endpoint_url = http://aws.example", map[string]string{"ALLOW_INSECURE_HTTP": "true"}, ""},
		{"ignored", "endpoint_url = http://aws.example", map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, ""},
		{"overridden", "endpoint_url = http://aws.example", map[string]string{"AWS_ENDPOINT_URL": "https://aws.example"}, ""},
		{"no such profile", "", map[string]string{"AWS_PROFILE": "absent"}, "AWS_PROFILE, "},
		{"no certificates", "", map[string]string{"AWS_CA_BUNDLE": "/absent"}, "/absent"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			profile(tc.lines)
			env := validEnv()
			maps.Copy(env, tc.env)
			env["AWS_CONFIG_FILE"], env["AWS_SHARED_CREDENTIALS_FILE"], env["KAFKA_TOPIC"] = file, "/absent", "a b"
			_, _ = readWith(t, env)
			_, _, stderr := command("run")
			lines := strings.Split(strings.TrimSpace(stderr), "\n")
			if tc.want == "" {
				if len(lines) != 2 {
					t.Errorf("got %s", stderr)
				}
				return
			}
			if len(lines) != 3 || !strings.Contains(stderr, tc.want) {
				t.Errorf("got %s\nwant %s", stderr, tc.want)
			}
			wantCommand(t, exitConfig, "KAFKA_TOPIC: ", "run")
		})
	}
}
