package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
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

// adminName is the person who changes things in AWS by hand.
const adminName = "admin"

// borrower is a foreign role that a policy of ours gets attached to.
const borrower = "Borrower"

func (w *world) config(key, secret, token string) aws.Config {
	return aws.Config{
		Region: "us-east-1", HTTPClient: w.awsHTTP, BaseEndpoint: aws.String("http://127.0.0.1"),
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, token),
	}
}

// admin is a person who changes things in AWS by hand.
func (w *world) admin() *iam.Client {
	return iam.NewFromConfig(w.config(w.adminKey, "secret-of-"+w.adminKey, ""))
}

// plant makes objects that are not ours, in all the places where they could be
// taken for ours, and notes how they look.
func (w *world) plant() {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
	admin := w.admin()
	tags := func(org, run string) []types.Tag {
		return []types.Tag{
			{Key: aws.String("port-iam-managed-by"), Value: aws.String("port-iam")},
			{Key: aws.String("port-iam-org-id"), Value: aws.String(org)},
			{Key: aws.String("port-iam-run-id"), Value: aws.String(run)},
		}
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
	w.aws.AddPolicy("arn:aws:iam::"+account+":policy"+path+foreignName, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	for _, o := range w.plan.inTheWay {
		role(path, o.name(), tags("org_other", o.run))
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

// notOurs describes everything in the account that is not ours.
func (w *world) notOurs() string {
	var b strings.Builder
	snap := w.aws.Snapshot()
	for _, r := range snap.Roles {
		if !w.ours(r.Name, r.Path) && r.Name != borrower {
			fmt.Fprintf(&b, "role %s%s %v %v %v %s %s\n", r.Path, r.Name, r.Tags, r.Attached, r.Inline, r.Trust, r.ID)
		}
	}
	for _, p := range snap.Policies {
		if !w.ours(p.Name, p.Path) {
			fmt.Fprintf(&b, "policy %s %v %v %s\n", p.ARN, p.Tags, p.Versions, p.ID)
		}
	}
	for _, id := range w.port.Entities(grantEntity) {
		if !w.ours(id, path) {
			e, _ := w.port.Entity(grantEntity, id)
			text, err := json.Marshal(e)
			must(err)
			fmt.Fprintf(&b, "entity %s\n", text)
		}
	}
	return b.String()
}

// ours reports whether a name belongs to an order of this simulation that is a
// grant; what was planted in the way of one does not.
func (w *world) ours(name, at string) bool {
	run, ok := iamops.RunID(name)
	if !ok || at != path {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.byRun[run]
	return o != nil && o.kind == kindGrant && !o.inTheWay
}
