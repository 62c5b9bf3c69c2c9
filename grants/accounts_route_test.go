package grants_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
	"port-iam/templates"
)

// instanceOf is the ARN of an instance in an account.
func instanceOf(id string) string {
	return fmt.Sprintf("arn:aws:ec2:us-east-1:%s:instance/i-0123456789abcdef0", id)
}

// TestRoute: a request goes to the account in the ARN of its resource, else to the one in
// its property, else to the only one that is served, and nowhere else.
func TestRoute(t *testing.T) {
	all, hub := []string{account, second, third}, []string{account}
	for _, c := range []struct {
		name     string
		served   []string
		resource string
		property string // as JSON; "": none
		want     string // the account, or a part of why it is refused
	}{
		{"ARN of the daemon's account", all, instanceOf(account), "", account},
		{"ARN of a member", all, instanceOf(second), "", second},
		{"ARN counts more than the property", all, instanceOf(second), `"` + third + `"`, second},
		{"property", all, bucket, `"` + third + `"`, third},
		{"property of the only one", hub, bucket, `"` + account + `"`, account},
		{"only one is served", hub, bucket, "", account},
		{"only a member is served", []string{second}, bucket, "", second},
		{"only one is served, empty property", hub, bucket, `""`, account},
		{"no one is named", all, bucket, "", `into its property "account" in Port`},
		{"no one is named, empty property", all, bucket, `""`, `into its property "account" in Port`},
		{"ARN is not served", []string{account, second}, instanceOf(third), "", "is of account " + third + ", and access is granted in accounts " + account + ", " + second},
		{"property is not served", []string{account, second}, bucket, `"` + third + `"`, "is of account " + third},
		{"property is not the only one", hub, bucket, `"` + third + `"`, "is of account " + third + ", and access is granted in account " + account},
		{"ARN is not the only one", hub, instanceOf(third), "", third},
		{"property is too short", all, bucket, `"12"`, `the property "account" of ` + bucket + ` is "12", and the 12 digits of an AWS account were expected`},
		{"property with blanks", all, bucket, `" ` + second + `"`, "12 digits"},
		{"property of another type", all, bucket, `222222222222`, `the property "account" of ` + bucket + ` is not a text`},
		{"property is something else where the ARN decides", all, instanceOf(second), `"production"`, second},
	} {
		t.Run(c.name, func(t *testing.T) {
			inAccounts(t, iamtest.Options{}, func(w *world) {
				w.serving(c.served...)
				if !strings.HasPrefix(c.property, `"`) && c.property != "" {
					w.otherBlueprint("aws_resource", `"resource_type":{"type":"string"},"account":{"type":"number"}`, "")
				}
				kind, action := "S3", "s3:PutObject"
				if c.resource != bucket {
					kind, action = "EC2", "ec2:StopInstances"
				}
				properties := fmt.Sprintf(`"resource_type":%q`, kind)
				if c.property != "" {
					properties += `,"account":` + c.property
				}
				w.port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{%s}}`, c.resource, properties))
				rec := w.start(porttest.RunSpec{Action: grantAction, Entity: c.resource, Requester: alice, Properties: map[string]any{"permissions": []any{action}}})
				p := w.process()
				w.must(p.handle(rec))
				name := iamops.Name(rec.RunID)
				if len(c.want) != 12 || c.name == "ARN is not the only one" {
					contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), c.want, "was refused")
					w.wantIn(name)
					p.wantMetric("port_iam_runs_total", 1, "grant", "refused")
					return
				}
				w.wantRun(rec.RunID, "SUCCESS")
				w.wantIn(name, c.want)
				e, _ := w.port.Entity(grantEntity, name)
				if got := e["properties"].(map[string]any)["account"]; got != c.want {
					t.Errorf("the entity says account %v", got)
				}
				p.wantIn("port_iam_runs_total", c.want, 1, "grant", "succeeded")
				if d := p.Recent()[0]; d.Account != c.want {
					t.Errorf("decision %+v", d)
				}
				policy := w.policyIn(c.want, name)
				if says := strings.Contains(policy, `"aws:ResourceAccount":"`+c.want+`"`); says != (c.resource == bucket) {
					t.Errorf("policy %s", policy)
				}
			})
		})
	}
}

// TestRouteAmongMany: where very many accounts are served, they are not all named.
func TestRouteAmongMany(t *testing.T) {
	t.Parallel()
	var served []string
	for i := range 12 {
		served = append(served, fmt.Sprintf("%012d", i+1))
	}
	_, err := grants.Route(served, bucket, unserved)
	if err == nil {
		t.Fatal("no error")
	}
	contains(t, "error", err.Error(), "is of account "+unserved+", and access is granted in 12 other accounts")
}

// TestAccountMetrics: what has not happened yet is shown as 0, for each account and for
// runs of which it is not known.
func TestAccountMetrics(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		p := w.process()
		for _, id := range []string{"", account, second, third} {
			for _, op := range []string{"grant", "revoke", "expire"} {
				for _, outcome := range []string{"succeeded", "refused", "failed"} {
					p.wantIn("port_iam_runs_total", id, 0, op, outcome)
				}
			}
		}
		for _, id := range w.served {
			p.wantIn("port_iam_grants", id, 0, "active")
			p.wantIn("port_iam_grants_overdue", id, 0)
		}
		rec := w.request(nil) // on the bucket, of which nothing says the account
		w.must(p.handle(rec))
		p.wantIn("port_iam_runs_total", "", 1, "grant", "refused")
	})
}

// TestReaches: an action that is for some accounts is refused on resources of others.
func TestReaches(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		p := w.process(func(o *grants.Options) {
			o.Actions.Grants = []templates.GrantAction{{ID: grantAction, Accounts: []string{second}}, {ID: "other"}}
		})
		w.bucketIn(second)
		p.succeed(w.request(nil))
		w.bucketIn(third)
		rec := w.request(nil)
		w.must(p.handle(rec))
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), bucket+" is of account "+third, grantAction, "use another action, if there is one for this account")
		w.wantIn(iamops.Name(rec.RunID))
		p.wantIn("port_iam_runs_total", third, 0, "grant", "refused")
		p.wantIn("port_iam_runs_total", "", 1, "grant", "refused")
	})
}

// TestOneAccountIsAsBefore: what is made for a grant is the same byte by byte whether its
// account is the only one that is served or one of several.
func TestOneAccountIsAsBefore(t *testing.T) {
	made := func(served ...string) (role iamtest.Role, policy string) {
		inAccounts(t, iamtest.Options{}, func(w *world) {
			w.serving(served...)
			run := w.grantedIn(account, nil)
			role, policy = *w.roleIn(account, iamops.Name(run)), w.policyIn(account, iamops.Name(run))
		})
		return role, policy
	}
	one, onePolicy := made(account)
	many, manyPolicy := made(account, second, third)
	if onePolicy != manyPolicy || one.Trust != many.Trust || one.Boundary != many.Boundary || one.Description != many.Description || fmt.Sprint(one.Tags) != fmt.Sprint(many.Tags) {
		t.Errorf("with one account\n%+v\n%s\nwith several\n%+v\n%s", one, onePolicy, many, manyPolicy)
	}
}

// TestBlueprintWithoutAccount: where the blueprint is older than the property account,
// entities are written without it, and with it as soon as setup has run.
func TestBlueprintWithoutAccount(t *testing.T) {
	inAccounts(t, iamtest.Options{}, func(w *world) {
		w.bucketIn(second)
		w.grantBlueprint(false)
		p := w.process()
		w.port.ResetCalls()
		for range 3 {
			rec := w.request(nil)
			p.succeed(rec)
			w.wantIn(iamops.Name(rec.RunID), second)
			if e, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID)); e["properties"].(map[string]any)["account"] != nil {
				t.Errorf("entity %v", e)
			}
		}
		if n := w.port.CallCount("entity_upsert"); n != 4 {
			t.Errorf("%d writes of 3 entities; only the first is to be tried with the property", n)
		}
		if n := strings.Count(p.log.String(), "the blueprint of grants in Port lacks properties: run `port-iam setup`"); n != 1 {
			t.Errorf("told %d times", n)
		}
		w.grantBlueprint(true)
		later(9 * time.Minute)
		rec := w.request(nil)
		p.succeed(rec)
		if e, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID)); e["properties"].(map[string]any)["account"] != nil {
			t.Error("tried with the property too soon")
		}
		later(time.Minute)
		rec = w.request(nil)
		p.succeed(rec)
		if e, _ := w.port.Entity(grantEntity, iamops.Name(rec.RunID)); e["properties"].(map[string]any)["account"] != second {
			t.Errorf("entity %v", e)
		}
	})
}

// grantBlueprint replaces the blueprint of grants, with or without the property account.
func (w *world) grantBlueprint(account bool) {
	w.t.Helper()
	b, _ := w.port.Blueprint(grantEntity)
	properties := b["schema"].(map[string]any)["properties"].(map[string]any)
	if delete(properties, "account"); account {
		properties["account"] = map[string]any{"type": "string"}
	}
	text, err := json.Marshal(b)
	w.must(err)
	w.port.AddBlueprint(string(text))
}
