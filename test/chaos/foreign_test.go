package chaos

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/test/kit/daemontest"
)

// foreignRole is named like a grant and is not ours.
const foreignRole = "Permission-r_foreign"

// otherAccount names the entity of a grant in another account.
const otherAccount = "Permission-r_account"

// plant makes objects that are not ours wherever they could be taken for ours, in all
// accounts.
func (w *world) plant() {
	w.t.Helper()
	for _, account := range accounts() {
		w.plantIn(account)
	}
	w.Port.AddEntity(daemontest.GrantBlueprint, `{"identifier":"by-hand","properties":{"role_arn":""}}`)
	w.Port.AddEntity(daemontest.GrantBlueprint, fmt.Sprintf(`{"identifier":%q,"properties":{"role_arn":"arn:aws:iam::210987654321:role/port-iam/%s"}}`, otherAccount, otherAccount))
}

func (w *world) plantIn(account string) {
	w.t.Helper()
	client := w.In(account)
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const allow = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	type role struct{ path, name, org, run string } // the last two as the tags say
	roles := []role{
		{daemontest.Path, "Something", "", ""},
		{daemontest.Path, foreignRole, "", ""},
		{daemontest.Path, "Permission-r_neighbour", "org_other", "r_neighbour"},
		{daemontest.Path, "Permission-r_copied", daemontest.Org, "r_original"},
		{"/", "Permission-r_elsewhere", daemontest.Org, "r_elsewhere"},
	}
	for _, o := range w.plan.orders {
		if o.inTheWay && o.account == account {
			roles = append(roles, role{daemontest.Path, o.name(), "org_other", o.run})
		}
	}
	for _, r := range roles {
		in := &iam.CreateRoleInput{RoleName: &r.name, Path: &r.path, AssumeRolePolicyDocument: aws.String(trust)}
		if r.org != "" {
			for key, value := range map[string]string{"managed-by": "port-iam", "org-id": r.org, "run-id": r.run} {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String("port-iam-" + key), Value: &value})
			}
		}
		if _, err := client.CreateRole(w.t.Context(), in); err != nil {
			w.t.Fatal(err)
		}
	}
	policy, err := client.CreatePolicy(w.t.Context(), &iam.CreatePolicyInput{
		PolicyName: aws.String(foreignRole), Path: aws.String(daemontest.Path), PolicyDocument: aws.String(allow),
	})
	if err == nil {
		_, err = client.AttachRolePolicy(w.t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String(foreignRole), PolicyArn: policy.Policy.Arn})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// notOurs describes everything in IAM and Port that belongs to no grant of this
// day: what was planted, and what should not be there at all.
func (w *world) notOurs() (all []string) {
	w.t.Helper()
	for _, account := range accounts() {
		for _, v := range w.notOursIn(account) {
			all = append(all, w.shown(v))
		}
	}
	for _, id := range w.Port.Entities(daemontest.GrantBlueprint) {
		if o := w.byRun[runOf(id)]; o == nil || o.kind != kindGrant {
			e, _ := w.Port.Entity(daemontest.GrantBlueprint, id)
			all = append(all, w.shown(e))
		}
	}
	slices.Sort(all) // moto lists policies in any order
	return all
}

func (w *world) shown(v any) string {
	w.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// notOursIn are the roles and policies of notOurs. A grant is in its own account alone.
func (w *world) notOursIn(account string) (all []any) {
	w.t.Helper()
	ours := func(name string, path *string) bool {
		o := w.byRun[runOf(name)]
		return o != nil && o.kind == kindGrant && o.account == account && aws.ToString(path) == daemontest.Path
	}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(w.In(account), &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range page.RoleDetailList {
			name := aws.ToString(r.RoleName)
			if !ours(name, r.Path) || w.byRun[runOf(name)].inTheWay {
				all = append(all, r)
			}
		}
		for _, p := range page.Policies {
			// moto leaves out the name of a policy.
			arn := aws.ToString(p.Arn)
			if !ours(arn[strings.LastIndex(arn, "/")+1:], p.Path) {
				all = append(all, p)
			}
		}
	}
	return all
}
