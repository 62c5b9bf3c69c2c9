package policies

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"port-iam/test/kit/server"
)

// awsAction is an action of AWS with the resources that it acts on, as patterns
// of ARNs; none for an action that is not limited to resources.
type awsAction struct {
	name     string // with the service
	patterns []string
}

// awsActions reads what AWS documents of a service from the data that comes with
// the evaluator, not from our own catalogue, which is under test here too.
func awsActions(t *testing.T, service string) []awsAction {
	t.Helper()
	data := filepath.Join(server.Dir(t, "iam-simulate", "node"), "node_modules", "@cloud-copilot", "iam-data", "data")
	var actions map[string]struct {
		Name          string
		ResourceTypes []struct{ Name string }
	}
	var types map[string]struct{ ARN string }
	readJSON(t, filepath.Join(data, "actions", service+".json"), &actions)
	readJSON(t, filepath.Join(data, "resourceTypes", service+".json"), &types)
	var all []awsAction
	for _, a := range actions {
		action := awsAction{name: service + ":" + a.Name}
		for _, rt := range a.ResourceTypes {
			action.patterns = append(action.patterns, strings.Split(types[strings.ToLower(rt.Name)].ARN, ", ")...)
		}
		all = append(all, action)
	}
	if len(all) == 0 {
		t.Fatalf("nothing is known of %s", service)
	}
	return all
}

func readJSON(t *testing.T, file string, to any) {
	t.Helper()
	text, err := os.ReadFile(file)
	noError(t, err)
	noError(t, json.Unmarshal(text, to))
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// resources are ARNs that an action accepts, with name wherever AWS leaves the
// choice and in the region given: the parts of name in turn, or all of it where
// the pattern has one variable only. (The name of a bucket holds no slash.) What
// fits two types alike, as an alias and a version of a function do, is left out:
// the evaluator cannot tell which is meant.
func (a awsAction) resources(partition, region, name string) []string {
	if len(a.patterns) == 0 {
		return []string{"*"}
	}
	var all []string
	for _, p := range a.patterns {
		if strings.Contains(p, "*") {
			continue // all of a kind, which a request never names
		}
		p = strings.NewReplacer("${Partition}", partition, "${Region}", region, "${Account}", account).Replace(p)
		n := len(variable.FindAllString(p, -1))
		parts := strings.SplitN(name, "/", max(n, 1))
		if strings.HasPrefix(name, "/") { // such as a log group's
			parts = []string{name}
		}
		if n == 1 && strings.HasPrefix(a.name, "s3:") {
			parts = strings.SplitN(name, "/", 2)
		}
		all = append(all, variable.ReplaceAllStringFunc(p, func(string) string {
			if len(parts) == 0 {
				return "x"
			}
			next := parts[0]
			parts = parts[1:]
			return next
		}))
	}
	seen := map[string]int{}
	for _, arn := range all {
		seen[arn]++
	}
	return slices.DeleteFunc(all, func(arn string) bool { return seen[arn] > 1 })
}
