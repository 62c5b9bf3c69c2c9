package grants_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

const (
	second = "222222222222"
	third  = "333333333333"

	daemonRole = "PortIam" // by which the daemon enters an account that is not its own

	allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// inAccounts runs f in a world of three accounts, all of them served: that of the daemon,
// which is [account], and two that it enters.
func inAccounts(t *testing.T, opts iamtest.Options, f func(w *world)) {
	t.Helper()
	inWorld(t, opts, func(w *world) {
		w.addAccounts()
		defer later(time.Minute) // a call that enters an account outlasts who waits for it
		f(w)
	})
}

// addAccounts adds the other two accounts.
func (w *world) addAccounts() {
	for _, id := range []string{second, third} {
		w.in[id] = w.aws.AddAccount(id)
		w.in[id].AddPolicy(iamops.BoundaryARN("aws", id, "PortIamBoundary"), allowAll)
		w.admits(id)
	}
	w.serving(account, second, third)
}

// admits makes the role of an account by which the daemon enters it.
func (w *world) admits(id string) {
	w.in[id].AddRole("/", daemonRole, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::`+account+`:user/port-iam"}}]}`, allowAll)
}

// closed has an account refuse the daemon.
func (w *world) closed(id string) (open func()) {
	w.in[id].RemoveRole(daemonRole)
	return func() { w.admits(id) }
}

// entered are the clients of an account.
func entered(hub *iamops.Clients, id string) *iamops.Clients {
	if id == account {
		return hub
	}
	return hub.Enter(iamops.RoleARN("aws", id, daemonRole), "")
}

// bucketIn has the catalogue say that the bucket is in an account; "" for none.
func (w *world) bucketIn(id string) {
	w.t.Helper()
	property := ""
	if id != "" {
		property = fmt.Sprintf(`,"account":%q`, id)
	}
	w.resource(bucket, `"resource_type":"S3"`+property)
}

// grantedIn makes a grant on the bucket in an account, and returns its run.
func (w *world) grantedIn(id string, properties map[string]any) (run string) {
	w.t.Helper()
	w.bucketIn(id)
	rec := w.request(properties)
	w.process().succeed(rec)
	w.wantIn(iamops.Name(rec.RunID), id)
	return rec.RunID
}

// wantIn checks in which accounts there is a role of that name, and a policy.
func (w *world) wantIn(name string, want ...string) {
	w.t.Helper()
	w.wantRolesIn(name, want...)
	var policies []string
	for _, id := range slices.Sorted(maps.Keys(w.in)) {
		if slices.ContainsFunc(w.in[id].Snapshot().Policies, func(p iamtest.Policy) bool { return p.Name == name }) {
			policies = append(policies, id)
		}
	}
	if !slices.Equal(policies, want) {
		w.t.Errorf("the policy of %s is in %v, want %v", name, policies, want)
	}
}

// wantRolesIn checks in which accounts there is a role of that name.
func (w *world) wantRolesIn(name string, want ...string) {
	w.t.Helper()
	var roles []string
	for _, id := range slices.Sorted(maps.Keys(w.in)) {
		if w.roleIn(id, name) != nil {
			roles = append(roles, id)
		}
	}
	if !slices.Equal(roles, want) {
		w.t.Errorf("the role of %s is in %v, want %v", name, roles, want)
	}
}

// removeByHand takes role and policy of a grant away, as a person may.
func (w *world) removeByHand(id, run string) {
	w.t.Helper()
	ctx, admin, name := context.Background(), w.adminOf(id), iamops.Name(run)
	policy := aws.String("arn:aws:iam::" + id + ":policy/port-iam/" + name)
	_, err := admin.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &name, PolicyArn: policy})
	w.must(err)
	_, err = admin.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name})
	w.must(err)
	_, err = admin.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: policy})
	w.must(err)
	w.in[id].ResetCalls()
}

// roleIn is a role of an account; nil where there is none.
func (w *world) roleIn(id, name string) *iamtest.Role {
	for _, r := range w.in[id].Snapshot().Roles {
		if r.Name == name {
			return &r
		}
	}
	return nil
}

// says has the entity of a grant say that its role is in an account.
func (w *world) says(run, id string) {
	w.t.Helper()
	name := iamops.Name(run)
	w.setEntity(name, "role_arn", "arn:aws:iam::"+id+":role/port-iam/"+name)
}

// adminOf is a person who changes things in an account by hand.
func (w *world) adminOf(id string) *iam.Client {
	key, secret := w.in[id].AddUser("admin", allowAll)
	return iam.NewFromConfig(aws.Config{
		Region: "us-east-1", HTTPClient: w.awsHTTP, BaseEndpoint: aws.String("http://127.0.0.1"),
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// copyTo makes the role of a grant once more in another account: with its tags, or with
// none, so that it is not ours.
func (w *world) copyTo(id string, role *iamtest.Role, ours bool) {
	w.t.Helper()
	in := &iam.CreateRoleInput{RoleName: &role.Name, Path: &role.Path, AssumeRolePolicyDocument: &role.Trust, Description: &role.Description}
	for k, v := range role.Tags {
		if ours {
			in.Tags = append(in.Tags, types.Tag{Key: &k, Value: &v})
		}
	}
	_, err := w.adminOf(id).CreateRole(context.Background(), in)
	w.must(err)
}

// serving has a process serve these accounts alone.
func (w *world) serving(ids ...string) { w.served = ids }

// gone are the findings of a report that were removed, by account.
func gone(r grants.Report) map[string]int {
	out := map[string]int{}
	for _, f := range r.Findings {
		if f.Removed {
			out[f.Account]++
		}
	}
	return out
}

// policyIn is the document of the policy of a grant.
func (w *world) policyIn(id, name string) string {
	w.t.Helper()
	for _, p := range w.in[id].Snapshot().Policies {
		if p.Name == name {
			return p.Versions[0].Document
		}
	}
	w.t.Fatalf("no policy %s in %s", name, id)
	return ""
}

// wantIn compares one value of an account, given before the other labels.
func (p *process) wantIn(name, account string, want float64, labels ...string) {
	p.w.t.Helper()
	if got, known := p.metricIn(name, account, labels...); !known || got != want {
		p.w.t.Errorf("%s{account=%q}%v is %v (shown: %t), want %v", name, account, labels, got, known, want)
	}
}

// wantAbsent checks that there is nothing of an account.
func (p *process) wantAbsent(name, account string, labels ...string) {
	p.w.t.Helper()
	if got, known := p.metricIn(name, account, labels...); known {
		p.w.t.Errorf("%s{account=%q}%v is %v, and was to be absent", name, account, labels, got)
	}
}

func (p *process) metricIn(name, account string, labels ...string) (value float64, known bool) {
	p.w.t.Helper()
	families, err := p.reg.Gather()
	p.w.must(err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var values []string
			in := "none"
			for _, l := range m.GetLabel() {
				if l.GetName() == "account" {
					in = l.GetValue()
				} else {
					values = append(values, l.GetValue())
				}
			}
			if f.GetName() == name && in == account && slices.Equal(values, labels) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue(), true
			}
		}
	}
	return 0, false
}
