package policies

import (
	"slices"
	"testing"
)

// TestEveryOtherAction: of all actions of IAM and STS, the daemon's policy allows
// those of its calls and no other, and those on grants only.
func TestEveryOtherAction(t *testing.T) {
	t.Parallel()
	s := settings[0]
	var own []string
	for _, st := range statements(t, s.management(t)) {
		if st["Effect"] == "Allow" {
			own = append(own, list(st["Action"])...)
		}
	}
	// The two lists cannot be limited; the last is everybody's without any right.
	unlimited := []string{"iam:ListPolicies", "iam:ListRoles", "sts:GetCallerIdentity"}
	var questions []question
	for _, a := range slices.Concat(awsActions(t, "iam"), awsActions(t, "sts")) {
		names := []string{"Admin"}
		if !slices.Contains(own, a.name) {
			names = append(names, s.path[1:]+"Permission-"+runID)
		}
		for _, name := range names {
			for _, resource := range a.resources(s.partition, "us-east-1", name) {
				r := request{by: s.daemon(), action: a.name, resource: resource}
				questions = append(questions, question{
					"any action", r, policies{identity: []string{s.management(t)}}, slices.Contains(unlimited, a.name),
				})
			}
		}
	}
	check(t, questions)
}
