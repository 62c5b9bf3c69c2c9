package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/iamops"
)

// foreignName is a name like those of grants, of a role that is not ours.
const foreignName = "Permission-r_foreign"

// otherAccount begins the ARNs of the roles of grants in another account, and
// otherName is the name of one.
const (
	otherAccount = "arn:aws:iam::210987654321:role" + path
	otherName    = "Permission-r_account"
)

// borrower is a foreign role that a policy of ours gets attached to.
const borrower = "Borrower"

// plant makes objects that are not ours, in all the places where they could be
// taken for ours, and notes how they look.
func (w *world) plant() {
	for _, s := range w.sites {
		w.plantIn(s)
	}
	entity := func(id, arn string) {
		w.port.AddEntity(grantEntity, fmt.Sprintf(`{"identifier":%q,"properties":{"role_arn":%q}}`, id, arn))
	}
	entity("by-hand", "")
	for _, id := range append([]string{otherName}, w.plan.elsewhere...) {
		entity(id, otherAccount+id)
	}
	w.foreign = w.notOurs()
}

func (w *world) plantIn(s *site) {
	const (
		trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
		much  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	)
	admin := w.adminIn(s.id)
	tags := func(org, run string) []types.Tag {
		return tagsOf(map[string]string{"port-iam-managed-by": "port-iam", "port-iam-org-id": org, "port-iam-run-id": run})
	}
	role := func(path, name string, tags []types.Tag) {
		_, err := admin.CreateRole(context.Background(), &iam.CreateRoleInput{
			RoleName: &name, Path: &path, AssumeRolePolicyDocument: aws.String(trust), Tags: tags,
		})
		must(err)
	}
	role(path, "Something", nil)
	role(path, foreignName, nil)
	role(path, "Permission-r_neighbour", tags("org_other", "r_neighbour"))
	role(path, "Permission-r_copied", tags("org_demo", "r_original"))
	role("/", borrower, nil)
	role("/", "Permission-r_elsewhere", tags("org_demo", "r_elsewhere"))
	s.AddPolicy(policyARN(s.id, foreignName), much)
	for _, o := range w.plan.inTheWay {
		if o.account == s.id {
			role(path, o.name(), tags("org_other", o.run))
		}
	}
	for _, o := range w.plan.grants {
		if o.strange == s.id {
			role(path, o.name(), tags("org_other", o.run))
			s.AddPolicy(policyARN(s.id, o.name()), much)
		}
	}
}

func tagsOf(all map[string]string) (tags []types.Tag) {
	for _, key := range slices.Sorted(maps.Keys(all)) {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(all[key])})
	}
	return tags
}

// notOurs describes everything in the accounts that is not ours.
func (w *world) notOurs() string {
	var b strings.Builder
	for _, s := range w.sites {
		snap := s.Snapshot()
		for _, r := range snap.Roles {
			if !w.ours(r.Name, r.Path, s.id) && r.Name != borrower && r.Name != memberRole {
				fmt.Fprintf(&b, "role %s %v %v %v %s %s\n", r.ARN, r.Tags, r.Attached, r.Inline, r.Trust, r.ID)
			}
		}
		for _, p := range snap.Policies {
			if !w.ours(p.Name, p.Path, s.id) {
				fmt.Fprintf(&b, "policy %s %v %v %s\n", p.ARN, p.Tags, p.Versions, p.ID)
			}
		}
	}
	for _, id := range w.port.Entities(grantEntity) {
		if !w.ours(id, path, "") {
			e, _ := w.port.Entity(grantEntity, id)
			fmt.Fprintf(&b, "entity %s\n", asText(e))
		}
	}
	return b.String()
}

func asText(entity map[string]any) string {
	text, err := json.Marshal(entity)
	must(err)
	return string(text)
}

// ours reports whether a name belongs to an order of this simulation that is a
// grant; what was planted in the way of one, or beside it in another account, does not.
func (w *world) ours(name, at, in string) bool {
	run, ok := iamops.RunID(name)
	if !ok || at != path {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.byRun[run]
	return o != nil && o.kind == kindGrant && !o.inTheWay && (o.strange == "" || o.strange != in)
}
