package main

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// organisation starts a stand-in for Port and returns the settings that reach it.
func organisation(t *testing.T) (*porttest.Server, map[string]string) {
	t.Helper()
	s := porttest.New(porttest.Options{OrgID: "org_1", ClientID: "id", ClientSecret: "sesame"})
	s.AddTeams("dev", "on-call", "more", "sec")
	s.CheckFaults(t)
	url, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return s, map[string]string{"PORT_CLIENT_ID": "id", "PORT_CLIENT_SECRET": "sesame", "PORT_BASE_URL": url}
}

// outcome is what a command left.
type outcome struct {
	code           int
	stdout, stderr string
}

// portIAM runs a command with these settings and no others.
func portIAM(t *testing.T, env map[string]string, args string) outcome {
	t.Helper()
	_, _ = readWith(t, env)
	var stdout, stderr bytes.Buffer
	code := execute(strings.Fields(args), &stdout, &stderr)
	o := outcome{code, stdout.String(), stderr.String()}
	if strings.Contains(o.stdout+o.stderr, "sesame") {
		t.Errorf("a secret is printed: %+v", o)
	}
	return o
}

// check compares the exit code, and looks for texts in what was printed; one that
// begins with "!" must not be there.
func (o outcome) check(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d", o.code, code)
	}
	for _, text := range texts {
		text, absent := strings.CutPrefix(text, "!")
		if strings.Contains(o.stdout+o.stderr, text) == absent {
			t.Errorf("%q: present %v", text, !absent)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", o.stdout, o.stderr)
	}
}

// writesOf are the calls that change something.
func writesOf(s *porttest.Server) (n int) {
	for _, route := range []string{"blueprint_create", "blueprint_patch", "action_create", "action_put", "action_permissions_patch", "entity_upsert"} {
		n += s.CallCount(route)
	}
	return n
}

// From nothing, with nothing set but what setup needs: looked at, done, and not
// done again.
func TestSetup(t *testing.T) {
	s, env := organisation(t)
	const args = "setup --yes --account 123456789012 --samples --starter-permissions sqs"
	portIAM(t, env, args+" --dry-run").check(t, 0, "Port organisation org_1, AWS account 123456789012\n", "+ blueprint aws_resource\n",
		"+ automation revoke_expired_permissions\n", "\nDry run: nothing was changed.\n", "!created")
	if n := writesOf(s); n != 0 {
		t.Fatalf("a dry run makes %d writes", n)
	}
	portIAM(t, env, args).check(t, 0, "\nDone.\n", "created blueprint aws_resource\n", "created action request_permissions\n", "reading 29 entities\n")
	if got := len(s.Entities("iam_permissions")); got != 5+16+6 {
		t.Errorf("%d permissions", got)
	}
	n := writesOf(s)
	portIAM(t, env, args).check(t, 0, "= blueprint aws_resource\n", "= action request_permissions\n", "\nNothing to change.\n", "!\n+", "!\n~")
	portIAM(t, env, args+" --dry-run").check(t, 0, "\nNothing to change.\n")
	if got := writesOf(s); got != n {
		t.Errorf("a second run makes %d writes", got-n)
	}
}

// What the operator denies is left out of what is brought, and bundles that can never be
// granted are told: no sample has a key.
func TestSetupOfBundles(t *testing.T) {
	s, env := organisation(t)
	env["GRANT_DENY"] = "s3:PutObject"
	portIAM(t, env, "setup --yes --account 123456789012 --samples --starter-permissions s3").check(t, 0,
		"? the bundle s3-write is left out: s3:PutObject is refused here: the operator denies s3:PutObject\n", "\nDone.\n",
		"\nNote: 3 permissions can be requested, and would never be granted: s3-read-encrypted, s3-read-versions-encrypted, s3:PutObject; the first: kms:Decrypt ",
		"correct their actions, their resource_type, or ARN and related of the resources\n")
	if e, made := s.Entity("iam_permissions", "s3-read"); !made || e["title"] != "S3: read objects" {
		t.Errorf("s3-read is %v", e)
	}
}

func TestSetupOfTheGuidesOrganisation(t *testing.T) {
	s, env := organisation(t)
	s.GuideModel()
	portIAM(t, env, "setup --yes --account 123456789012 --require-approval").check(t, 0, "= blueprint aws_resource\n", "~ action request_permissions\n",
		"    ~ requiredApproval: false -> true\n", "updated action revoke_permissions\n", "\nDone.\n")
	for id, want := range map[string]bool{"request_permissions": true, "revoke_permissions": false} {
		if a, _ := s.Action(id); a["requiredApproval"] != want {
			t.Errorf("%s requires approval: %v", id, a["requiredApproval"])
		}
	}
	portIAM(t, env, "setup --yes --account 123456789012 --require-approval=all").check(t, 0, "= action request_permissions\n", "updated action revoke_permissions\n")
	portIAM(t, env, "setup --yes --account 123456789012").check(t, 0, "Nothing to change.")
	portIAM(t, env, "setup --yes --account 999999999999").check(t, 1, `  ! it is for account 123456789012`, "nothing was changed: solve what is marked with !", "!Done")
}

// Other identifiers make other actions, so two accounts share an organisation.
func TestSetupOfASecondAccount(t *testing.T) {
	s, env := organisation(t)
	portIAM(t, env, "setup --yes --account 123456789012").check(t, 0, "Done.")
	maps.Copy(env, map[string]string{"GRANT_ACTION": "grant2", "REVOKE_ACTION": "revoke2", "EXPIRE_ACTION": "expire2"})
	portIAM(t, env, "setup --yes --account 999999999999").check(t, 0, "= blueprint provisioned_permissions\n", "+ action grant2\n", "+ automation expire2\n")
	if _, made := s.Action("revoke2"); !made {
		t.Error("revoke2 is missing")
	}
}

// Several accounts of one daemon, one after the other, and several actions that reach them.
func TestSetupOfAccounts(t *testing.T) {
	s, env := organisation(t)
	env["ACCOUNTS"] = "210987654321,123456789012"
	const context = "    ~ invocationMethod.payload.context.accounts: "
	portIAM(t, env, "setup --yes --samples").check(t, 0, "Port organisation org_1, AWS accounts 123456789012, 210987654321\n", "+ action request_permissions\n", "Done.")
	env["ACCOUNTS"] += ",333333333333"
	portIAM(t, env, "setup --yes").check(t, 0, "~ action request_permissions\n", context+`["123456789012","210987654321"] -> ["123456789012","210987654321","333333333333"]`, "Done.")
	env["GRANT_ACTION"] = "request_permissions,request_prod=333333333333"
	portIAM(t, env, "setup --yes").check(t, 0, "= action request_permissions\n", "+ action request_prod\n", "= action revoke_permissions\n", "Done.")
	portIAM(t, env, "setup --yes").check(t, 0, "Nothing to change.")
	if a, _ := s.Action("request_prod"); a == nil || a["title"] != "Request permissions (request_prod)" {
		t.Errorf("request_prod is %v", a)
	}
	portIAM(t, env, "setup --yes --account 123456789012").check(t, 2, "--account: 123456789012 contradicts ACCOUNTS, which says that 123456789012, 210987654321, 333333333333 are served")
	env["ACCOUNTS"] = "123456789012,12"
	portIAM(t, env, "setup --yes").check(t, 2, `ACCOUNTS: "12" is not the id of an account`)
	env["ACCOUNTS"], env["GRANT_ACTION"], env["IAM_PERMISSIONS_BOUNDARY"] = "123456789012,210987654321", "", "arn:aws:iam::123456789012:policy/B"
	portIAM(t, env, "setup --yes").check(t, 2, "IAM_PERMISSIONS_BOUNDARY: is of account 123456789012, and ACCOUNTS says that 123456789012, 210987654321 are served")
}

func TestAccountOfSetup(t *testing.T) {
	aws := iamtest.New(iamtest.Options{Account: "555555555555", Partition: "aws-us-gov"})
	url, stop, err := aws.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	_, port := organisation(t)
	credentials := map[string]string{"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL_STS": url}
	boundary := map[string]string{"IAM_PERMISSIONS_BOUNDARY": "arn:aws-cn:iam::123456789012:policy/B"}
	for _, tt := range []struct {
		name  string
		args  string
		env   []map[string]string
		code  int
		texts []string
	}{
		{"of the flag", "--account 111111111111", []map[string]string{credentials}, 0, []string{"AWS account 111111111111\n", "arn:aws:ec2:us-east-1:111111111111:"}},
		{"of the boundary", "", []map[string]string{credentials, boundary}, 0, []string{"AWS account 123456789012\n", "arn:aws-cn:ec2:cn-north-1:123456789012:"}},
		{"of the credentials", "", []map[string]string{credentials}, 0, []string{"AWS account 555555555555\n", "arn:aws-us-gov:ec2:us-gov-west-1:555555555555:"}},
		{"of the credentials, without a boundary", "", []map[string]string{credentials, {"IAM_PERMISSIONS_BOUNDARY": "none"}}, 0, []string{"AWS account 555555555555\n"}},
		{"of the flag and the boundary", "--account 123456789012", []map[string]string{boundary}, 0, []string{"AWS account 123456789012\n"}},
		{"contradiction", "--account 111111111111", []map[string]string{boundary}, 2, []string{"--account: 111111111111 contradicts IAM_PERMISSIONS_BOUNDARY, which is of account 123456789012"}},
		{"boundary of AWS", "", []map[string]string{credentials, {"IAM_PERMISSIONS_BOUNDARY": "arn:aws:iam::aws:policy/PowerUserAccess"}}, 0, []string{"AWS account 555555555555\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := maps.Clone(port)
			for _, more := range tt.env {
				maps.Copy(env, more)
			}
			portIAM(t, env, "setup --samples --dry-run "+tt.args).check(t, tt.code, tt.texts...)
		})
	}
	aws.RejectCredentials(true)
	maps.Copy(port, credentials)
	portIAM(t, port, "setup").check(t, 1, "say which account it is with --account or IAM_PERMISSIONS_BOUNDARY")
}

func TestSetupRefused(t *testing.T) {
	s, env := organisation(t)
	with := func(kv ...string) map[string]string {
		e := maps.Clone(env)
		for i := 0; i < len(kv); i += 2 {
			e[kv[i]] = kv[i+1]
		}
		return e
	}
	const account = " --account 123456789012"
	for _, tt := range []struct {
		name, args string
		env        map[string]string
		code       int
		texts      []string
	}{
		{"settings", "--account 12 --require-approval=never --starter-permissions s33,s34", map[string]string{"PORT_BASE_URL": "http://port.example.com", "GRANT_ACTION": "a/b"}, 2, []string{
			"port-iam: configuration:\n", "PORT_CLIENT_ID: is missing", "PORT_CLIENT_SECRET: is missing", "PORT_BASE_URL: is http://",
			`--account: "12" is not 12 digits`, `--require-approval: "never" is none of grants, all`, `GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION: "a/b" cannot be`,
			`--starter-permissions: AWS has no service "s33": prefixes are`, `--starter-permissions: AWS has no service "s34"`,
		}},
		{"the same action twice", account, with("GRANT_ACTION", "revoke_permissions"), 2, []string{"GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION: must be different actions"}},
		{"service", "--starter-permissions s33" + account, env, 2, []string{`--starter-permissions: AWS has no service "s33"`}},
		{"rules", "--starter-permissions s3" + account, with("GRANT_DENY", "x"), 2, []string{`GRANT_DENY: "x" is not an action pattern`}},
		{"teams", "--execute-teams= --approve-teams a,a" + account, env, 2, []string{`--execute-teams: "" has an empty name`, `--approve-teams: the team "a" is named twice`}},
		{"a blank team", "--approve-teams a,,b" + account, env, 2, []string{`--approve-teams: "a,,b" has an empty name`}},
		{"argument", "more" + account, env, 2, []string{`unknown command "more"`}},
		{"credentials", account, with("PORT_CLIENT_ID", "other"), 1, []string{"check PORT_CLIENT_ID, PORT_CLIENT_SECRET and PORT_BASE_URL"}},
		{"organisation", account, with("PORT_ORG_ID", "org_2"), 1, []string{"PORT_ORG_ID is org_2, and the credentials are of org_1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := portIAM(t, tt.env, "setup "+tt.args)
			o.check(t, tt.code, tt.texts...)
			if o.stdout != "" {
				t.Errorf("stdout: %q", o.stdout)
			}
		})
	}
	if n := writesOf(s); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// Settings that are the daemon's alone may be wrong where setup runs.
func TestSetupNeedsOnlyItsOwnSettings(t *testing.T) {
	_, env := organisation(t)
	maps.Copy(env, map[string]string{
		"KAFKA_TLS": "perhaps", "GRANT_DURATION": "30h", "GRANT_DENY": "x", "PORT_SIGNATURE": "maybe",
		"PORT_SIGNING_SECRET_FILE": "/nowhere", "TEMPLATES_DIR": "/nowhere", "IAM_PATH": "x",
	})
	portIAM(t, env, "setup --yes --account 123456789012").check(t, 0, "Done.")
}

// A call that fails is named, and the rest is done the next time.
func TestSetupThatIsInterrupted(t *testing.T) {
	s, env := organisation(t)
	s.Fault(porttest.Fault{Route: "action_create", ID: "revoke_permissions", Status: 403})
	portIAM(t, env, "setup --yes --account 123456789012").check(t, 1, "created action request_permissions\n",
		"port-iam: create action revoke_permissions: HTTP 403 missing_permissions",
		"the credentials must be allowed to edit blueprints, actions with their permissions, and entities, and to read teams", "What was done stays. Run `port-iam setup` again for the rest", "!Done")
	portIAM(t, env, "setup --yes --account 123456789012").check(t, 0, "= action request_permissions\n", "+ action revoke_permissions\n", "created automation revoke_expired_permissions\n", "Done.")
}

// TestSetupAsks runs the program itself, with a terminal and without.
func TestSetupAsks(t *testing.T) {
	s, reach := organisation(t)
	reach["IAM_PERMISSIONS_BOUNDARY"] = "arn:aws:iam::123456789012:policy/B"
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: "testdata/setup", RequireExplicitExec: true,
			Setup: func(env *testscript.Env) error {
				for name, value := range reach {
					env.Setenv(name, value)
				}
				return nil
			},
		})
	})
	if n := s.CallCount("action_create"); n != 3 {
		t.Errorf("%d actions were made", n)
	}
	o := portIAM(t, reach, "setup --samples")
	if o.check(t, exitConfig, "+ entity ", "add --yes"); s.CallCount("entity_upsert") != 0 {
		t.Error("it wrote")
	}
}

// TestSetupTeams: who may execute and approve is shown, set, and set once.
func TestSetupTeams(t *testing.T) {
	s, env := organisation(t)
	s.GuideModel()
	const args = "setup --yes --account 123456789012 --require-approval --execute-teams dev, --execute-teams=on-call --approve-teams sec"
	portIAM(t, env, strings.ReplaceAll(args, "dev,", "dev")).check(t, 0, "~ permissions of action request_permissions\n",
		`    ~ execute.roles: ["Admin","Member"] -> ["Admin"]`, `    + execute.teams: "dev"`, `    + execute.teams: "on-call"`, `    + approve.teams: "sec"`,
		"  ? the action needs no approval", "updated permissions of action revoke_permissions\n", "!automation revoke_expired_permissions\n    + execute", "Done.")
	n := writesOf(s)
	portIAM(t, env, strings.ReplaceAll(args, "dev,", "dev")).check(t, 0, "= permissions of action revoke_permissions\n", "Nothing to change.")
	if got := writesOf(s); got != n {
		t.Errorf("a second run makes %d writes", got-n)
	}
	portIAM(t, env, "setup --yes --account 123456789012").check(t, 0, "Nothing to change.", "!permissions of action")
	portIAM(t, env, "setup --yes --account 123456789012 --execute-teams dev --approve-teams sec").check(t, 0, "Nothing to change.") // approval is required in Port
	portIAM(t, env, args).check(t, exitConfig, `--execute-teams: "dev,,on-call" has an empty name`)

	s.Fault(porttest.Fault{Route: "action_permissions_patch", ID: "revoke_permissions", Status: 403})
	portIAM(t, env, "setup --yes --account 123456789012 --execute-teams more").check(t, 1, "updated permissions of action request_permissions\n",
		"port-iam: set the permissions of action revoke_permissions: HTTP 403 missing_permissions",
		"What was done stays. Run `port-iam setup` again for the rest", "!Done")
	portIAM(t, env, "setup --yes --account 123456789012 --execute-teams more").check(t, 0, "= permissions of action request_permissions\n", "Done.")
}

func TestSetupApproveTeamsWithoutApproval(t *testing.T) {
	s, env := organisation(t)
	portIAM(t, env, "setup --yes --account 123456789012 --approve-teams sec").check(t, exitConfig,
		"--approve-teams: neither the action for requests nor the one for revocations needs approval", "add --require-approval")
	if n := writesOf(s); n != 0 {
		t.Errorf("%d writes", n)
	}
}
