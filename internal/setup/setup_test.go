package setup_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"port-iam/port"
	"port-iam/port/porttest"
)

const (
	bucket   = porttest.SampleBucket
	instance = "arn:aws:ec2:us-east-1:" + account + ":instance/i-0123456789abcdef0"
)

func TestEmptyOrganisation(t *testing.T) {
	w := newWorld(t)
	c := choice()
	c.Samples = true
	d := want(t, c)
	shown, progress := w.mustInstall(t, d)
	const plan = `+ blueprint aws_resource
+ blueprint iam_permissions
+ blueprint provisioned_permissions
+ action request_permissions
+ action revoke_permissions
+ automation revoke_expired_permissions
+ entity arn:aws:s3:::my-s3-bucket of aws_resource
+ entity arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0 of aws_resource
+ entity s3:GetObject of iam_permissions
+ entity s3:ListBucket of iam_permissions
+ entity s3:PutObject of iam_permissions
+ entity ec2:StartInstances of iam_permissions
+ entity ec2:StopInstances of iam_permissions
`
	if diff := cmp.Diff(plan, shown); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if n := w.CallCount("entity_get"); n > 0 {
		t.Errorf("%d entities of new blueprints were read", n)
	}
	if n := strings.Count(progress, "created "); n != 13 {
		t.Errorf("progress:\n%s", progress)
	}
	for _, body := range d.Model {
		id := body.Text("identifier")
		got, ok := w.Action(id)
		if body["schema"] != nil {
			got, ok = w.Blueprint(id)
		}
		has(t, id, got, ok, body)
	}
	if diff := cmp.Diff([]string{"aws_resource", "iam_permissions", "provisioned_permissions"}, w.Pages()); diff != "" {
		t.Errorf("catalogue pages (-want +got):\n%s", diff)
	}
	e, ok := w.Entity("aws_resource", instance)
	delete(e, "createdAt")
	delete(e, "updatedAt")
	has(t, instance, e, ok, `{"identifier":"`+instance+`","title":"Sample instance","blueprint":"aws_resource","properties":{"resource_type":"EC2"},"relations":{}}`)
	w.settled(t, d)
}

// What a customer has made of the guide's model stays as it is.
func TestOrganisationWithTheGuidesModel(t *testing.T) {
	w := newWorld(t)
	w.GuideModel()
	w.AddPage("iam_permissions") // and none of the others
	w.AddBlueprint(`{"identifier":"aws_resource","title":"Cloud things","icon":"Cloud","schema":{"properties":{
		"owner":{"type":"string"},"tags":{"type":"array","title":"Labels"},
		"resource_type":{"type":"string","title":"Kind","enum":["S3","RDS"]}},"required":[]},
		"mirrorProperties":{"m":{"path":"to.x"}},"changelogDestination":{"type":"KAFKA"},"relations":{}}`)
	w.AddAction(`{"identifier":"request_permissions","title":"Give me access","trigger":{"type":"self-service","operation":"DAY-2",
		"blueprintIdentifier":"aws_resource","actionCardButtonText":"Ask now","userInputs":{"properties":{"ticket":{"type":"string"},
		"permissions":{"type":"array","title":"Which"},"duration":{"type":"string","enum":["1h"]}},
		"required":["permissions","ticket"],"order":["ticket","permissions","duration"]}},
		"invocationMethod":{"type":"KAFKA","payload":{"mine":"{{ .trigger.at }}","context":{"runId":"{{.run.id}}"}}},
		"requiredApproval":{"type":"ANY"},"approvalNotification":{"type":"email"},"allowAnyoneToViewRuns":false}`)
	w.AddEntity("aws_resource", `{"identifier":"`+bucket+`","title":"My bucket","properties":{"resource_type":"RDS","owner":"me"}}`)
	w.AddEntity("iam_permissions", `{"identifier":"s3:PutObject","title":"Write","properties":{"resource_type":"S3"}}`)

	c := choice()
	c.Actions.ApproveGrants = true
	d := want(t, c)
	shown, _ := w.mustInstall(t, d)
	golden(t, "guide-plan.txt", shown)

	b, ok := w.Blueprint("aws_resource")
	const added = `"account":{"title":"AWS Account","icon":"DefaultProperty","type":"string","description":"The AWS account, 12 digits, where the ARN names none (a bucket, a hosted zone) and the daemon serves several"},
		"arn":{"title":"ARN","icon":"DefaultProperty","type":"string","description":"Its ARN, where the identifier is none. Identifiers in Port hold no blanks and few other signs"}`
	const relation = `"relations":{"related":{"title":"Related","target":"aws_resource","required":false,"many":true}}`
	has(t, "aws_resource", b, ok, `{"identifier":"aws_resource","title":"Cloud things","icon":"Cloud","schema":{"properties":{
		"owner":{"type":"string"},"tags":{"type":"array","title":"Labels"},`+added+`,
		"resource_type":{"type":"string","title":"Kind","enum":["S3","RDS"]}},"required":[]},
		"mirrorProperties":{"m":{"path":"to.x"}},"changelogDestination":{"type":"KAFKA"},`+relation+`}`)
	a, _ := w.Action("request_permissions")
	wanted := plain(t, d.Model[3]).(object)
	for _, tt := range []struct {
		what string
		got  any
		want any
	}{
		{"title", a["title"], "Give me access"},
		{"button", at(a, "trigger", "actionCardButtonText"), "Ask now"},
		{"approval", a["requiredApproval"], object{"type": "ANY"}},
		{"notification", a["approvalNotification"], object{"type": "email"}},
		{"who may see runs", a["allowAnyoneToViewRuns"], false},
		{"own input", at(a, "trigger", "userInputs", "properties", "ticket"), object{"type": "string"}},
		{"own choice of durations", at(a, "trigger", "userInputs", "properties", "duration", "enum"), []any{"1h"}},
		{"required inputs", at(a, "trigger", "userInputs", "required"), []any{"permissions", "ticket"}},
		{"order", at(a, "trigger", "userInputs", "order"), []any{"ticket", "permissions", "duration", "reason"}},
		{"own field of the message", at(a, "invocationMethod", "payload", "mine"), "{{ .trigger.at }}"},
		{"field that was right", at(a, "invocationMethod", "payload", "context", "runId"), "{{.run.id}}"},
		{"new field", at(a, "invocationMethod", "payload", "payload"), at(wanted, "invocationMethod", "payload", "payload")},
		{"description, which was not there", a["description"], nil},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
	if got, _ := w.Action("revoke_permissions"); got["requiredApproval"] != false {
		t.Errorf("setup was not asked for approval of revocations: %v", got)
	}
	if got := w.Pages(); !slices.Equal(got, []string{"iam_permissions"}) {
		t.Errorf("catalogue pages were added or removed: %q", got)
	}
	w.settled(t, d)

	c.Samples = true
	w.mustInstall(t, want(t, c))
	e, _ := w.Entity("aws_resource", bucket)
	if e["title"] != "My bucket" || at(e, "properties", "owner") != "me" {
		t.Errorf("an entity was overwritten: %v", e)
	}
	if e, _ = w.Entity("iam_permissions", "s3:PutObject"); e["title"] != "Write" {
		t.Errorf("a permission was overwritten: %v", e)
	}
	w.settled(t, want(t, c))
}

// inputsOf returns the inputs in a message, wrapped or not.
func inputsOf(t *testing.T, message []byte) json.RawMessage {
	t.Helper()
	var m struct {
		Payload json.RawMessage `json:"payload"`
	}
	var p struct {
		Properties json.RawMessage `json:"properties"`
	}
	for inner := message; p.Properties == nil; inner = m.Payload {
		if json.Unmarshal(inner, &m) != nil || json.Unmarshal(m.Payload, &p) != nil {
			t.Fatalf("no inputs in %s", message)
		}
	}
	return p.Properties
}

// The actions that setup makes write messages that the daemon understands.
func TestMessagesOfTheActions(t *testing.T) {
	w := newWorld(t)
	c := choice()
	c.Samples = true
	w.mustInstall(t, want(t, c))
	w.AddEntity("provisioned_permissions", `{"identifier":"Permission-r_1"}`)
	inputs := object{"permissions": []any{"s3:PutObject"}, "duration": "1h", "reason": "because"}
	for _, tt := range []struct {
		spec      porttest.RunSpec
		blueprint string
		inputs    string
	}{
		{
			porttest.RunSpec{Action: "request_permissions", Entity: bucket, Requester: "alice@example.com", Properties: inputs},
			"aws_resource",
			`{"duration":"1h","permissions":["s3:PutObject"],"reason":"because"}`,
		},
		{porttest.RunSpec{Action: "revoke_permissions", Entity: "Permission-r_1", Requester: "alice@example.com"}, "provisioned_permissions", `{}`},
		{porttest.RunSpec{Action: "revoke_expired_permissions", Blueprint: "provisioned_permissions", Entity: "Permission-r_1"}, "provisioned_permissions", `{}`},
	} {
		id := w.StartRun(tt.spec)
		for _, form := range []porttest.Form{porttest.FormTemplated, porttest.FormWrapped} {
			message := w.Message(id, form)
			got, verdict := port.Decode(message)
			want := port.Record{RunID: id, Action: tt.spec.Action, Blueprint: tt.blueprint, Entity: tt.spec.Entity, Requester: tt.spec.Requester}
			if verdict != port.VerdictRun {
				t.Errorf("verdict %d on %s", verdict, message)
			}
			if diff := cmp.Diff(plain(t, tt.inputs), plain(t, inputsOf(t, message))); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
			if tt.spec.Properties != nil {
				want.Permissions = []string{"s3:PutObject"}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("form %d (-want +got):\n%s\n%s", form, diff, message)
			}
		}
		of, err := w.client.ActionAccounts(t.Context(), tt.spec.Action)
		if err != nil || !slices.Equal(of, []string{account}) {
			t.Errorf("%s is for account %q: %v", tt.spec.Action, of, err)
		}
	}
}
