package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"port-iam/test/kit/server"
)

const (
	sampleProvider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"
	sampleHub      = "arn:aws:iam::123456789012:role/port-iam"
	sampleReader   = "arn:aws:iam::999999999999:role/PortIamIdentityStore"
)

// cloud is a moto with CloudFormation and IAM.
type cloud struct {
	t   *testing.T
	url string
}

func startCloud(t *testing.T) cloud {
	t.Helper()
	address := server.Addr(server.FreePorts(t, 1)[0])
	port := address[strings.LastIndex(address, ":")+1:]
	cmd := python(t, "python", "cloudformation_moto.py", "-H", "127.0.0.1", "-p", port)
	c := cloud{t, "http://" + address}
	server.Start(t, "moto", server.NewLog(t, "moto"), cmd.Path, cmd.Args[1:]...).Await("start", func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/moto-api/data.json", nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	return c
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
}

// formation calls CloudFormation. The SDK's client for it would be one more
// module, for two calls.
func (c cloud) formation(region string, form url.Values, answer any) {
	c.t.Helper()
	form.Set("Version", "2010-05-15")
	body := form.Encode()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+"/", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	who, _ := credentials(c.t.Context())
	hash := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(c.t.Context(), who, req, hex.EncodeToString(hash[:]), "cloudformation", region, time.Now()); err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s\n%s", resp.Status, text)
	}
	if err == nil {
		err = xml.Unmarshal(text, answer)
	}
	if err != nil {
		c.t.Fatalf("%s: %v", form.Get("Action"), err)
	}
}

// deploy makes a stack of the template as it is, and returns its outputs.
func (c cloud) deploy(region, name string, params map[string]string) map[string]string {
	c.t.Helper()
	form := url.Values{"Action": {"CreateStack"}, "StackName": {name}, "TemplateBody": {read(c.t, stackFile)}, "Capabilities.member.1": {"CAPABILITY_NAMED_IAM"}}
	n := 0
	for key, value := range params {
		n++
		form.Set("Parameters.member."+strconv.Itoa(n)+".ParameterKey", key)
		form.Set("Parameters.member."+strconv.Itoa(n)+".ParameterValue", value)
	}
	c.formation(region, form, &struct{}{})
	var described struct {
		Stack struct {
			Status  string `xml:"StackStatus"`
			Outputs []struct {
				Key   string `xml:"OutputKey"`
				Value string `xml:"OutputValue"`
			} `xml:"Outputs>member"`
		} `xml:"DescribeStacksResult>Stacks>member"`
	}
	c.formation(region, url.Values{"Action": {"DescribeStacks"}, "StackName": {name}}, &described)
	if described.Stack.Status != "CREATE_COMPLETE" {
		c.t.Fatalf("the stack is %s", described.Stack.Status)
	}
	out := map[string]string{}
	for _, o := range described.Stack.Outputs {
		out[o.Key] = o.Value
	}
	return out
}

func (c cloud) iam(region string) *iam.Client {
	return iam.NewFromConfig(aws.Config{Region: region, BaseEndpoint: &c.url, Credentials: aws.CredentialsProviderFunc(credentials)})
}

// policy is the document of a managed policy.
func (c cloud) policy(client *iam.Client, arn string) any {
	c.t.Helper()
	found, err := client.GetPolicy(c.t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		c.t.Fatal(err)
	}
	version, err := client.GetPolicyVersion(c.t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: found.Policy.DefaultVersionId})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.decoded(version.PolicyVersion.Document)
}

// decoded is a document as IAM returns it, encoded for URLs.
func (c cloud) decoded(document *string) any {
	c.t.Helper()
	text, err := url.QueryUnescape(aws.ToString(document))
	if err != nil {
		c.t.Fatal(err)
	}
	return policyOf(c.t, text)
}

// TestStackDeployed deploys the template to moto for each kind of principal.
// Then the principal is there, with the trust it needs and the management policy
// and nothing else, and every document is the printed one.
func TestStackDeployed(t *testing.T) {
	c, template, binary := startCloud(t), readStack(t), build(t, root(t))
	for _, tt := range []struct{ kind, region, tags, trust string }{
		{"irsa", "eu-west-1", "team=platform,cost-center=4711 north", `{"Effect": "Allow", "Principal": {"Federated": "` + sampleProvider + `"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF:aud": "sts.amazonaws.com",
			"oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF:sub": "system:serviceaccount:access:port-iam-irsa"}}}`},
		{"pod-identity", "eu-west-1", "", `{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
			"Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "access", "aws:RequestTag/kubernetes-service-account": "port-iam-pod-identity"}}}`},
		{"ecs-task", "eu-west-1", "", `{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole",
			"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:123456789012:*"}, "StringEquals": {"aws:SourceAccount": "123456789012"}}}`},
		{"instance-profile", "eu-west-1", "", `{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}`},
		{"user", "eu-west-1", "a=1,b=2,c=3,d=4,e=5", ""},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			c := cloud{t, c.url}
			params := map[string]string{
				"Principal": tt.kind, "PrincipalName": "daemon-" + tt.kind, "PolicyPrefix": "Of" + strings.ReplaceAll(tt.kind, "-", ""),
				"KubernetesNamespace": "access", "KubernetesServiceAccount": "port-iam-" + tt.kind, "IamTags": tt.tags, "BoundaryServices": "s3,sqs",
			}
			if tt.kind == "irsa" {
				params["OidcProviderArn"] = sampleProvider
			}
			out := c.deploy(tt.region, "stack-"+tt.kind, params)
			if diff := cmp.Diff(template.fill(t, "aws", "123456789012", params).outputs(), out); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
			client, place := c.iam(tt.region), []string{"--account", "123456789012"}
			compareDocuments(t, "boundary", printed(t, binary, "", append(place, "boundary", "--services", "s3,sqs")...), neededDenials(c.policy(client, out["BoundaryArn"])))
			compareDocuments(t, "management", printed(t, binary, tt.tags, append(place, "management-policy", "--boundary", out["BoundaryArn"], "--role", out["RoleArn"]+out["UserArn"])...), c.policy(client, out["ManagementPolicyArn"]))
			compareDocuments(t, "requester", printed(t, binary, "", append(place, "requester-policy")...), c.policy(client, out["RequesterPolicyArn"]))
			c.principal(client, "daemon-"+tt.kind, tt.trust, out["ManagementPolicyArn"], out["InstanceProfileName"])
		})
	}
}

// TestStackDeployedHub deploys a hub and a member to moto: the hub may only enter, and the
// member lets the hub's role in, from its organisation and with the external id.
func TestStackDeployedHub(t *testing.T) {
	c, template := startCloud(t), readStack(t)
	client := c.iam("eu-west-1")
	limit := c.boundary(client, 1)
	deploy := func(name string, params map[string]string) (stack, map[string]string) {
		t.Helper()
		s := template.fill(t, "aws", "123456789012", params)
		out := c.deploy("eu-west-1", name, params)
		if diff := cmp.Diff(s.outputs(), out); diff != "" {
			t.Errorf("outputs of %s (-want +got):\n%s", name, diff)
		}
		return s, out
	}
	s, hub := deploy("hub", map[string]string{"Part": "hub", "Principal": "ecs-task", "Accounts": "111122223333,123456789012", "PrincipalBoundaryArn": limit})
	compareDocuments(t, "hub", s.document("Hub", "PolicyDocument"), c.policy(client, hub["HubPolicyArn"]))
	c.principal(client, "port-iam", `{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole",
		"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:123456789012:*"}, "StringEquals": {"aws:SourceAccount": "123456789012"}}}`, hub["HubPolicyArn"], "")
	_, member := deploy("member", map[string]string{
		"Part": "member", "HubRoleArn": hub["RoleArn"], "OrganizationId": "o-exampleorgid", "ExternalId": "port-iam:1", "PolicyPrefix": "Other", "PrincipalBoundaryArn": limit,
	})
	c.principal(client, "PortIam", `{"Sid": "EnterFromTheHub", "Effect": "Allow", "Principal": {"AWS": "`+hub["RoleArn"]+`"}, "Action": "sts:AssumeRole",
		"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid", "sts:ExternalId": "port-iam:1"}}},
		{"Sid": "TagsOfPodIdentity", "Effect": "Allow", "Principal": {"AWS": "`+hub["RoleArn"]+`"}, "Action": "sts:TagSession",
		"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}, "ForAllValues:StringLike": {"aws:TagKeys": ["eks-*", "kubernetes-*"]}}}`, member["ManagementPolicyArn"], "")
	for _, name := range []string{"port-iam", "PortIam"} {
		role, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
		if err != nil || role.Role.PermissionsBoundary == nil || aws.ToString(role.Role.PermissionsBoundary.PermissionsBoundaryArn) != limit {
			t.Errorf("%s: %v, and want the boundary %s", name, err, limit)
		}
	}
}

// principal checks the role, or the user if there is no trust: what is attached to it,
// and the instance profile that it is in, if there is one.
func (c cloud) principal(client *iam.Client, name, trust, policy, profile string) {
	c.t.Helper()
	ctx := c.t.Context()
	attached := ""
	role, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if isRole := err == nil; isRole != (trust != "") {
		c.t.Fatalf("role: %v, want one: %v", err, trust != "")
	}
	if trust == "" {
		if _, err := client.GetUser(ctx, &iam.GetUserInput{UserName: &name}); err != nil {
			c.t.Fatal(err)
		}
		policies, err := client.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: &name})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, p := range policies.AttachedPolicies {
			attached += aws.ToString(p.PolicyArn)
		}
	} else {
		want := `{"Version": "2012-10-17", "Statement": [` + trust + `]}`
		compareDocuments(c.t, "trust", policyOf(c.t, want), c.decoded(role.Role.AssumeRolePolicyDocument))
		policies, err := client.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, p := range policies.AttachedPolicies {
			attached += aws.ToString(p.PolicyArn)
		}
	}
	if attached != policy {
		c.t.Errorf("attached: %s, want only %s", attached, policy)
	}
	if profile != "" {
		found, err := client.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &profile})
		if err != nil || len(found.InstanceProfile.Roles) != 1 || aws.ToString(found.InstanceProfile.Roles[0].RoleName) != name {
			c.t.Errorf("instance profile: %v, want one with role %s", err, name)
		}
	}
}
