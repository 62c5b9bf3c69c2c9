package policies

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"port-iam/iamops/iamtest"
)

// recorder takes down every call of the daemon, with the parameters that it
// really has and the state of the account at that moment.
type recorder struct {
	s    setting
	fake *iamtest.Server

	mu    sync.Mutex
	calls []call
}

// call is one call of the daemon: what IAM asks its policies, and whether the
// imitation of IAM, which decides by rules of its own, let it pass.
type call struct {
	operation string
	requests  []request
	refused   bool
}

// middleware is for the SDK.
func (r *recorder) middleware(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("record",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			c := call{operation: middleware.GetOperationName(ctx)}
			c.requests = r.asked(strings.ToLower(middleware.GetServiceID(ctx)), c.operation, in.Parameters)
			out, meta, err := next.HandleInitialize(ctx, in)
			var api smithy.APIError
			c.refused = errors.As(err, &api) && api.ErrorCode() == "AccessDenied"
			r.mu.Lock()
			defer r.mu.Unlock()
			r.calls = append(r.calls, c)
			return out, meta, err
		}), middleware.After)
}

// Actions whose requests hold iam:PermissionsBoundary and iam:PolicyARN: "Actions,
// resources, and condition keys for AWS IAM", Service Authorization Reference.
// The evaluator knows them too and objects to a key too many.
var (
	withBoundary = []string{
		"AttachRolePolicy", "CreateRole", "DeleteRole", "DeleteRolePolicy", "DetachRolePolicy", "GetRole", "PutRolePolicy",
		"DeleteRolePermissionsBoundary", "PutRolePermissionsBoundary", "UpdateAssumeRolePolicy", "UpdateRole",
	}
	withPolicyARN = []string{"AttachRolePolicy", "DetachRolePolicy"}
)

// asked is what IAM asks the caller's policies for a call. Tags of something new
// take a right of their own.
func (r *recorder) asked(service, operation string, parameters any) []request {
	p := parameterOf(parameters)
	q := request{by: r.s.daemon(), action: service + ":" + operation, context: map[string]any{}}
	boundary := p.text("PermissionsBoundary")
	switch name := p.text("RoleName"); {
	case operation == "CreateRole":
		q.resource = r.s.arn("role", p.text("Path"), name)
	case name != "":
		role := r.role(name)
		q.resource, boundary = role.ARN, role.Boundary
	case operation == "CreatePolicy":
		q.resource = r.s.arn("policy", p.text("Path"), p.text("PolicyName"))
	case p.text("PolicyArn") != "":
		q.resource = p.text("PolicyArn")
	case p.text("PolicySourceArn") != "":
		q.resource = p.text("PolicySourceArn")
	default: // nothing in particular, such as a list
		q.resource = "*"
	}
	if boundary != "" && slices.Contains(withBoundary, operation) {
		q.context["iam:PermissionsBoundary"] = boundary
	}
	if slices.Contains(withPolicyARN, operation) {
		q.context["iam:PolicyARN"] = p.text("PolicyArn")
	}
	tags := p.tags()
	if len(tags) == 0 {
		return []request{q}
	}
	q = q.with(func(q *request) { setTags(q.context, tags) })
	tag := request{by: q.by, action: "iam:Tag" + strings.TrimPrefix(operation, "Create"), resource: q.resource, context: map[string]any{}}
	setTags(tag.context, tags)
	return []request{q, tag}
}

// role is the role of that name as it is now. AWS cannot know the path of one
// that is not there: its ARN is then one without a path.
func (r *recorder) role(name string) iamtest.Role {
	for _, role := range r.fake.Snapshot().Roles {
		if strings.EqualFold(role.Name, name) {
			return role
		}
	}
	return iamtest.Role{ARN: r.s.arn("role", "/", name)}
}

func setTags(context map[string]any, tags map[string]string) {
	keys := []string{}
	for k, v := range tags {
		context["aws:RequestTag/"+k] = v
		keys = append(keys, k)
	}
	context["aws:TagKeys"] = keys
}

// parameter gives access to the fields of any input of the SDK.
type parameter struct{ value reflect.Value }

func parameterOf(input any) parameter { return parameter{reflect.ValueOf(input).Elem()} }

func (p parameter) text(field string) string {
	f := p.value.FieldByName(field)
	if !f.IsValid() {
		return ""
	}
	s, _ := f.Interface().(*string)
	return aws.ToString(s)
}

func (p parameter) tags() map[string]string {
	tags := map[string]string{}
	if f := p.value.FieldByName("Tags"); f.IsValid() {
		list, _ := f.Interface().([]types.Tag)
		for _, t := range list {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return tags
}
