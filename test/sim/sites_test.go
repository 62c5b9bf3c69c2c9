package sim

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

const (
	account = "123456789012" // that of the daemon's own credentials
	// member is the second account. It is entered through a role.
	member     = "222222222222"
	memberRole = "PortIam"
	externalID = "id-of-the-simulation"
	path       = "/port-iam/"

	boundary = "PortIamBoundary"
	// otherBoundary is that of instances with other settings.
	otherBoundary = "PortIamBoundary2"
)

// adminName is the person who changes things in AWS by hand.
const adminName = "admin"

// site is an AWS account.
type site struct {
	*iamtest.Server
	id    string
	admin string // the access key of the person who changes things there by hand
}

const (
	allowAll    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	withinBound = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*","kms:*"],"Resource":"*"}]}`
	trustDaemon = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:user/port-iam"},` +
		`"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"` + externalID + `"}}}]}`
)

// addSite furnishes an account.
func (w *world) addSite(id string, s *iamtest.Server) *site {
	for _, name := range []string{boundary, otherBoundary} {
		s.AddPolicy(iamops.BoundaryARN("aws", id, name), withinBound)
	}
	key, _ := s.AddUser(adminName, allowAll)
	added := &site{s, id, key}
	w.sites = append(w.sites, added)
	return added
}

// openDoor makes the role through which the second account is entered. Sessions of
// the one before end.
func (s *site) openDoor() { s.AddRole("/", memberRole, trustDaemon, allowAll) }

// site is the account of this id.
func (w *world) site(id string) *site {
	for _, s := range w.sites {
		if s.id == id {
			return s
		}
	}
	panic("no account " + id)
}

// beside is the other one of two accounts.
func beside(id string) string {
	if id == account {
		return member
	}
	return account
}

// roleARN and policyARN are those of a grant in an account.
func roleARN(id, name string) string { return "arn:aws:iam::" + id + ":role" + path + name }

func policyARN(id, name string) string { return "arn:aws:iam::" + id + ":policy" + path + name }

func (w *world) config(key, secret, token string) aws.Config {
	return aws.Config{
		Region: "us-east-1", HTTPClient: w.awsHTTP, BaseEndpoint: aws.String("http://127.0.0.1"),
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, token),
	}
}

// adminIn is a person who changes things in an account by hand.
func (w *world) adminIn(id string) *iam.Client {
	key := w.site(id).admin
	return iam.NewFromConfig(w.config(key, "secret-of-"+key, ""))
}

// home is the account in which a grant is: that of the role which its entity named
// when Port accepted it or, before that, the one of its resource.
func (w *world) home(o *order) string {
	named, _ := iamops.AccountOf(w.observer.roleOf(o.name()))
	return cmp.Or(named, o.account)
}

// serve says which accounts are served by instances that start from now on.
func (w *world) serve(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.served = ids
}

func (w *world) servedNow() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.served
}

// catalogue adds a bucket to the catalogue for each grant, in its account.
func (w *world) catalogue() {
	if !w.plan.second {
		return
	}
	w.bucket(porttest.SampleBucket, account)
	for _, o := range slices.Concat(w.plan.grants, w.plan.rushed) {
		w.bucket(o.resource, o.named)
	}
}

// bucket adds or changes a bucket, and what belongs to it; "" for one whose account is
// not known.
func (w *world) bucket(arn, in string, related ...string) {
	properties := map[string]any{"resource_type": "S3"}
	if in != "" {
		properties["account"] = in
	}
	w.port.AddEntity("aws_resource", asText(map[string]any{
		"identifier": arn, "properties": properties, "relations": map[string]any{"related": append([]string{}, related...)},
	}))
}

// point has the entity of a grant name another role.
func (w *world) point(o *order, arn string) bool {
	e, found := w.port.Entity(grantEntity, o.name())
	if !found {
		return false
	}
	properties := maps.Clone(e["properties"].(map[string]any))
	properties["role_arn"] = arn
	e["properties"] = properties
	w.port.AddEntity(grantEntity, asText(e))
	return true
}

// copyRole makes the role and the policy of a grant once more in the other account,
// as a person does who wants to move it.
func (w *world) copyRole(o *order) {
	ctx, from, to := context.Background(), w.home(o), beside(w.home(o))
	admin := w.adminIn(to)
	roles, policies := w.found(o, from)
	if len(roles) != 1 || len(policies) != 1 {
		return
	}
	r, p := roles[0], policies[0]
	_, err := admin.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: &p.Name, Path: &p.Path, PolicyDocument: &p.Versions[0].Document, Tags: tagsOf(p.Tags),
	})
	if err == nil {
		_, err = admin.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: &r.Name, Path: &r.Path, AssumeRolePolicyDocument: &r.Trust, Description: &r.Description, Tags: tagsOf(r.Tags),
			PermissionsBoundary: aws.String(iamops.BoundaryARN("aws", to, boundary)),
		})
	}
	if err == nil {
		sleep(ctx, w.shown())
		_, err = admin.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &r.Name, PolicyArn: aws.String(policyARN(to, p.Name))})
	}
	w.trace.add("by hand: %s made again in %s: %v", r.Name, to, err)
}

// found is what an account has of a grant.
func (w *world) found(o *order, id string) (roles []iamtest.Role, policies []iamtest.Policy) {
	snap := w.site(id).Snapshot()
	for _, r := range snap.Roles {
		if strings.EqualFold(r.Name, o.name()) {
			roles = append(roles, r)
		}
	}
	for _, p := range snap.Policies {
		if strings.EqualFold(p.Name, o.name()) {
			policies = append(policies, p)
		}
	}
	return roles, policies
}
