package deploy

import (
	"encoding/json"
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
		"trial": "Deployment NetworkPolicy PrometheusRule Secret Service",
	} {
		t.Run(name, func(t *testing.T) {
			values := filepath.Join(root(t), chartDir, "ci", name+"-values.yaml")
			output(t, helm(t, "lint", "--strict", "--kube-version", "1.33.0", filepath.Join(root(t), chartDir), "--values", values))
			manifests := output(t, template(t, "--values", values))
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

var envName = regexp.MustCompile(`(?m)^            - name: ([A-Z_]+)$`)

// knownVariables: what the pods are given are settings of the daemon.
func knownVariables(t *testing.T, manifests string) {
	t.Helper()
	known := settingsOf(t)
	for _, m := range envName.FindAllStringSubmatch(manifests, -1) {
		if n := m[1]; !known[n] && !comingSettings[n] && n != "HTTPS_PROXY" && !strings.HasPrefix(n, "AWS_") {
			t.Errorf("the pods get %s, which is no setting", n)
		}
	}
}

// TestChartRefuses shows that values that cannot work do not get as far as the
// cluster, and that the message names them.
func TestChartRefuses(t *testing.T) {
	requireReal(t, "go")
	minimal := []string{"--values", filepath.Join(root(t), chartDir, "ci/minimal-values.yaml")}
	for set, want := range map[string]string{
		"port.existingSecret=":                                  "port.existingSecret is missing",
		"port.clientSecret=x":                                   "both set",
		"config.IAM_PERMISSIONS_BOUNDARY=":                      "config.IAM_PERMISSIONS_BOUNDARY is missing",
		"config.IAM_PERMISSIONS_BOUNDARY=mine":                  "IAM_PERMISSIONS_BOUNDARY",
		"config.GRANT_MAX_DURATON=8h":                           "GRANT_MAX_DURATON",
		"config.GRANT_MAX_DURATION=eight hours":                 "GRANT_MAX_DURATION",
		"config.PORT_CLIENT_SECRET=x":                           "PORT_CLIENT_SECRET",
		"config.LISTEN_ADDRESS=:9090":                           "LISTEN_ADDRESS",
		"config.KAFKA_INSTANCE_ID=one":                          "KAFKA_INSTANCE_ID",
		"terminationGracePeriodSeconds=30":                      "terminationGracePeriodSeconds",
		"aws.roleArn=port-iam":                                  "roleArn",
		"replica=3":                                             "replica",
		"templates.existingConfigMap=a,templates.trustPolicy=b": "templates.existingConfigMap excludes",
	} {
		out, err := template(t, append(minimal, "--set", set)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want an error that names %q, got:\n%s", set, err, want, out)
		}
	}
}

// comingSettings are settings that the chart knows before the daemon has them.
var comingSettings = map[string]bool{}

// ownValue are settings that have a value of their own in the chart.
var ownValue = regexp.MustCompile(`^(PORT_CLIENT_ID|LISTEN_ADDRESS|KAFKA_INSTANCE_ID|TEMPLATES_DIR|KAFKA_TLS_CA_FILE|(PORT_CLIENT_SECRET|PORT_SIGNING_SECRET|KAFKA_PASSWORD)(_FILE)?)$`)

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
		if !known[name] && !comingSettings[name] {
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
