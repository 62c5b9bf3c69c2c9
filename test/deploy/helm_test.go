package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const chartDir = "deploy/helm/port-iam"

// helm is built from its module: nothing has to be installed.
func helm(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("go", append([]string{"run", "helm.sh/helm/v3/cmd/helm@v3.22.0"}, args...)...)
	cmd.Dir = t.TempDir() // outside of any module
	return cmd
}

func template(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	args = append([]string{"template", "release", filepath.Join(root(t), chartDir), "--namespace", "access", "--kube-version", "1.33.0"}, args...)
	return helm(t, args...)
}

// TestChart lints and renders the chart with each file of values, and decodes the
// result into the types of Kubernetes and of the Prometheus operator.
func TestChart(t *testing.T) {
	requireReal(t, "go")
	for name, want := range map[string]string{
		"minimal": "Deployment PodDisruptionBudget Service ServiceAccount",
		"full": "ConfigMap ConfigMap Deployment NetworkPolicy PodDisruptionBudget PrometheusRule Service ServiceAccount " +
			"ServiceMonitor",
		"trial":    "Deployment NetworkPolicy PrometheusRule Secret Service",
		"accounts": "Deployment PodDisruptionBudget Service ServiceAccount ServiceMonitor",
	} {
		t.Run(name, func(t *testing.T) {
			lint := append([]string{"lint", "--strict", "--kube-version", "1.33.0", filepath.Join(root(t), chartDir)}, values(t, name)...)
			output(t, helm(t, lint...))
			manifests := output(t, template(t, values(t, name)...))
			check := tool(t, "kube")
			check.Stdin = strings.NewReader(manifests)
			kinds := strings.Fields(output(t, check))
			slices.Sort(kinds)
			if got := strings.Join(kinds, " "); got != want {
				t.Errorf("renders %s, want %s", got, want)
			}
			if name == "full" && !strings.Contains(manifests, "runbook_url: https://wiki.example.com/port-iam/runbooks/PortIamDown.md") {
				t.Error("the alerts have no runbook_url")
			}
			knownVariables(t, manifests)
		})
	}
}

// values are the arguments that give the chart one of its files of values.
func values(t *testing.T, name string) []string {
	t.Helper()
	return []string{"--values", filepath.Join(root(t), chartDir, "ci", name+"-values.yaml")}
}

// TestChartOwnValues: the settings that config does not take reach the pods by values
// of their own, a secret as a file.
func TestChartOwnValues(t *testing.T) {
	requireReal(t, "go")
	var manifests string
	for _, name := range []string{"full", "accounts"} {
		manifests += output(t, template(t, values(t, name)...))
	}
	given := map[string]bool{}
	for _, m := range envName.FindAllStringSubmatch(manifests, -1) {
		given[m[1]] = true
	}
	for name := range settingsOf(t) {
		if ownValue.MatchString(name) && !given[name] && !given[name+"_FILE"] {
			t.Errorf("no value of the chart sets %s", name)
		}
	}
	for name, want := range map[string]string{
		"ACCOUNTS":             "111111111111,222222222222,012345678901",
		"ACCOUNT_ROLE":         "platform/PortIam",
		"ACCOUNT_EXTERNAL_ID":  "org_x7Yz",
		"GRANT_TRUST_ACCOUNTS": "self,333333333333",
		"GRANT_ACTION":         "request_permissions=222222222222+012345678901,request_production=111111111111",
	} {
		if want = fmt.Sprintf("- name: %s\n              value: %q\n", name, want); !strings.Contains(manifests, want) {
			t.Errorf("the pods lack\n%s", want)
		}
	}
}

// TestChartTwice: two releases are two installations for Prometheus, and have one copy
// of the rules and of the dashboard: Helm refuses an object of another release.
func TestChartTwice(t *testing.T) {
	requireReal(t, "go")
	var objects [2]string
	for i, release := range []string{"one", "two"} {
		args := append([]string{"template", release, filepath.Join(root(t), chartDir), "--kube-version", "1.33.0"}, values(t, "full")...)
		manifests := comments.ReplaceAllString(output(t, helm(t, args...)), "")
		if want := "- targetLabel: release\n          replacement: " + release + "\n"; !strings.Contains(manifests, want) {
			t.Errorf("release %s: the ServiceMonitor lacks\n%s", release, want)
		}
		objects[i] = strings.Join(kindAndName.FindAllString(manifests, -1), "\n")
	}
	for _, shared := range []string{"kind: PrometheusRule\nmetadata:\n  name: port-iam\n", "kind: ConfigMap\nmetadata:\n  name: port-iam-dashboard\n"} {
		for _, o := range objects {
			if !strings.Contains(o, shared) {
				t.Errorf("no\n%s in\n%s", shared, o)
			}
		}
	}
}

var (
	comments    = regexp.MustCompile(`(?m)^ *#.*\n`)
	kindAndName = regexp.MustCompile(`(?m)^kind: \w+\nmetadata:\n  name: .*\n`)
)

var envName = regexp.MustCompile(`(?m)^            - name: ([A-Z_]+)$`)

// knownVariables: what the pods are given are settings of the daemon.
func knownVariables(t *testing.T, manifests string) {
	t.Helper()
	known := settingsOf(t)
	for _, m := range envName.FindAllStringSubmatch(manifests, -1) {
		if n := m[1]; !known[n] && n != "HTTPS_PROXY" && !strings.HasPrefix(n, "AWS_") {
			t.Errorf("the pods get %s, which is no setting", n)
		}
	}
}

// TestChartRefuses shows that values that cannot work do not get as far as the
// cluster, and that the message names them.
func TestChartRefuses(t *testing.T) {
	requireReal(t, "go")
	minimal := values(t, "minimal")
	for set, want := range map[string]string{
		"port.existingSecret=":                                  "port.existingSecret is missing",
		"port.clientSecret=x":                                   "both set",
		"config.IAM_PERMISSIONS_BOUNDARY=":                      "config.IAM_PERMISSIONS_BOUNDARY is missing",
		"config.IAM_PERMISSIONS_BOUNDARY=arn:mine":              "IAM_PERMISSIONS_BOUNDARY",
		"config.GRANT_MAX_DURATON=8h":                           "GRANT_MAX_DURATON",
		"config.GRANT_MAX_DURATION=eight hours":                 "GRANT_MAX_DURATION",
		"config.PORT_CLIENT_SECRET=x":                           "PORT_CLIENT_SECRET",
		"config.LISTEN_ADDRESS=:9090":                           "LISTEN_ADDRESS",
		"config.KAFKA_INSTANCE_ID=one":                          "KAFKA_INSTANCE_ID",
		"terminationGracePeriodSeconds=30":                      "terminationGracePeriodSeconds",
		"aws.roleArn=port-iam":                                  "roleArn",
		"aws.accounts={111111111111}":                           "/aws/accounts/0",
		"aws.accountRole=arn:aws:iam::111111111111:role/x":      "/aws/accountRole",
		"aws.accountExternalId=x":                               "/aws/accountExternalId",
		"aws.trustAccounts={own}":                               "/aws/trustAccounts/0",
		"config.ACCOUNTS=x":                                     "ACCOUNTS",
		"config.IDENTITY_STORE_REGION=mars":                     "/config/IDENTITY_STORE_REGION",
		"config.GRANT_ACTION=one=1234":                          "GRANT_ACTION",
		"config.GRANT_ACTION=one\\,":                            "GRANT_ACTION",
		"extraVolumes[0].emptyDir.medium=Memory":                "/extraVolumes/0",
		"extraVolumeMounts[0].name=x":                           "/extraVolumeMounts/0",
		"replica=3":                                             "replica",
		"templates.existingConfigMap=a,templates.trustPolicy=b": "templates.existingConfigMap excludes",
	} {
		out, err := template(t, append(minimal, "--set", set)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want an error that names %q, got:\n%s", set, err, want, out)
		}
	}
	for set, want := range map[string]string{
		"config.IAM_PERMISSIONS_BOUNDARY=arn:aws:iam::111111111111:policy/PortIamBoundary": "aws.accounts names 3: give the name",
		"config.GRANT_TRUST=iam-user": "aws.trustAccounts names 2 accounts",
	} {
		out, err := template(t, append(values(t, "accounts"), "--set", set)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("several accounts, %s: %v, want an error that names %q, got:\n%s", set, err, want, out)
		}
	}
}

// ownValue are settings that have a value of their own in the chart.
var ownValue = regexp.MustCompile(`^(ACCOUNTS|ACCOUNT_ROLE|ACCOUNT_EXTERNAL_ID|GRANT_TRUST_ACCOUNTS|PORT_CLIENT_ID|LISTEN_ADDRESS|KAFKA_INSTANCE_ID|TEMPLATES_DIR|KAFKA_TLS_CA_FILE|(PORT_CLIENT_SECRET|PORT_SIGNING_SECRET|KAFKA_PASSWORD)(_FILE)?)$`)

// TestChartSettings: the schema of the values knows every setting of the daemon,
// and no other, so that a mistyped one is found.
func TestChartSettings(t *testing.T) {
	var schema struct {
		Properties struct {
			Config struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(read(t, chartDir, "values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	known := settingsOf(t)
	in := schema.Properties.Config.Properties
	for name := range known {
		if _, ok := in[name]; ok == ownValue.MatchString(name) {
			t.Errorf("values.schema.json: config.%s: present is %v", name, ok)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if !known[name] {
			t.Errorf("values.schema.json: config.%s is no setting", name)
		}
	}
}

// TestChartCopies: a chart can hold nothing from outside its directory, so it has
// copies. They are to be made again after a change.
func TestChartCopies(t *testing.T) {
	for copied, original := range map[string]string{
		"rules.yaml":     "deploy/prometheus/rules.yaml",
		"dashboard.json": "deploy/grafana/port-iam.json",
	} {
		if read(t, chartDir, "files", copied) != read(t, original) {
			t.Errorf("%s/files/%s differs: cp %s %s/files/%s", chartDir, copied, original, chartDir, copied)
		}
	}
}
