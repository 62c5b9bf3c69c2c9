package iamops

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Create makes policy and role of a plan at once, or adopts what this run made
// before; roleID is AWS's id of the role. Errors as of [Ops.CreateRole].
func (o *Ops) Create(ctx context.Context, p Plan) (roleID string, err error) {
	err = both(
		func() error { return o.CreatePolicy(ctx, p) },
		func() (err error) { roleID, err = o.createRole(ctx, p); return err },
	)
	return roleID, err
}

// CreatePolicy makes the managed policy of a plan, or adopts the one that this
// run made before.
//
// Errors: [KindForeign], [KindDiffers] where the existing policy may not be adopted;
// [KindNotFound] where it exists but cannot be seen yet (try again);
// [KindQuota], [KindDenied], [KindInvalid], and the temporary kinds.
func (o *Ops) CreatePolicy(ctx context.Context, p Plan) error {
	_, err := o.api.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: &p.Name, Path: &o.opts.Path, PolicyDocument: &p.Policy, Tags: tagList(p.Tags),
		Description: aws.String(policyDescription(p.RunID, p.Begins)),
	})
	err = wrap(err, "create policy %q", p.Name)
	if !IsKind(err, kindExists) {
		return err
	}
	return o.verifyPolicy(ctx, p)
}

// CreateRole makes the role of a plan, or adopts the one that this run made
// before. Errors as of [Ops.CreatePolicy], [KindCut] where the role has been
// revoked, and [KindBoundary].
func (o *Ops) CreateRole(ctx context.Context, p Plan) error {
	_, err := o.createRole(ctx, p)
	return err
}

func (o *Ops) createRole(ctx context.Context, p Plan) (roleID string, err error) {
	in := &iam.CreateRoleInput{
		RoleName: &p.Name, Path: &o.opts.Path, AssumeRolePolicyDocument: &p.Trust,
		Description: &p.Description, Tags: tagList(p.Tags),
		MaxSessionDuration: aws.Int32(int32(p.MaxSession.Seconds())),
	}
	if o.opts.Boundary != "" {
		in.PermissionsBoundary = &o.opts.Boundary
	}
	made, err := o.api.CreateRole(ctx, in)
	err = wrap(err, "create role %q", p.Name)
	switch {
	case IsKind(err, kindExists):
		return o.verifyRole(ctx, p)
	case in.PermissionsBoundary != nil && blamesBoundary(err):
		return "", refused(KindBoundary, "create role "+p.Name,
			"the permissions boundary %s does not exist in this account, or cannot be attached: the platform team has to create that policy, or to correct IAM_PERMISSIONS_BOUNDARY (%w)",
			o.opts.Boundary, errors.Unwrap(err))
	case err != nil || made.Role == nil:
		return "", err
	}
	return aws.ToString(made.Role.RoleId), nil
}

// blamesBoundary reports whether AWS refused a new role for its boundary. There is
// nothing else that CreateRole could miss: a principal of the trust policy that
// does not exist is a malformed document.
func blamesBoundary(err error) bool {
	a, answered := isAnswer(err)
	return answered && (a.ErrorCode() == "NoSuchEntity" || a.ErrorCode() == "PolicyNotAttachable")
}

// Verify checks that role and policy of a plan are there exactly as planned; roleID is
// that of [Ops.Create]. Errors as of [Ops.CreateRole]; [KindNotFound] where one of them
// is missing.
func (o *Ops) Verify(ctx context.Context, p Plan) (roleID string, err error) {
	err = both(
		func() error { return o.verifyPolicy(ctx, p) },
		func() (err error) { roleID, err = o.verifyRole(ctx, p); return err },
	)
	return roleID, err
}

// Attach attaches the policy of a plan to its role: from here on the grant can
// be used. Attaching twice is harmless. [KindNotFound]: one of them does not exist
// or is not visible yet.
func (o *Ops) Attach(ctx context.Context, p Plan) error {
	_, err := o.api.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &p.Name, PolicyArn: &p.PolicyARN})
	return wrap(err, "attach policy to role %q", p.Name)
}

func (o *Ops) verifyPolicy(ctx context.Context, p Plan) error {
	op := "adopt policy " + p.Name
	live, err := o.ownPolicy(ctx, p.RunID)
	if err != nil {
		// Where it is not found, the name is taken, and not under our path: case or
		// path differ, or it is not visible yet. Only the caller's clock can tell.
		return err
	}
	if err := o.sameTags(op, live.tags, p.Tags); err != nil {
		return err
	}
	document, err := o.api.document(ctx, p.PolicyARN, live.version)
	if err != nil {
		return err
	}
	if !sameJSON(p.Policy, document) {
		return refused(KindDiffers, op, "its document is not that of this request")
	}
	return nil
}

func (o *Ops) verifyRole(ctx context.Context, p Plan) (roleID string, err error) {
	op := "adopt role " + p.Name
	live, err := o.ownRole(ctx, p.RunID)
	if err != nil {
		return "", err
	}
	if live, err = o.api.listRole(ctx, *live); err != nil {
		return "", err
	}
	foreign := slices.DeleteFunc(slices.Clone(live.attached), func(arn string) bool { return arn == p.PolicyARN })
	switch {
	case live.isCut():
		return "", refused(KindCut, op, "the grant was revoked before it was complete")
	case len(live.inline) > 0:
		return "", refused(KindDiffers, op, "it has inline policies that are not ours: %s", strings.Join(live.inline, ", "))
	case len(foreign) > 0:
		return "", refused(KindDiffers, op, "it has attached policies that are not ours: %s", strings.Join(foreign, ", "))
	case live.boundary != o.opts.Boundary:
		return "", refused(KindDiffers, op, "its permissions boundary is %q and not %q", live.boundary, o.opts.Boundary)
	case live.description != p.Description:
		return "", refused(KindDiffers, op, "its description is %q and not %q", live.description, p.Description)
	case live.maxSession != p.MaxSession:
		return "", refused(KindDiffers, op, "its maximum session duration is %s and not %s", live.maxSession, p.MaxSession)
	case !sameJSON(p.Trust, live.trust):
		return "", refused(KindDiffers, op, "its trust policy is not that of this request")
	}
	return live.id, o.sameTags(op, live.tags, p.Tags)
}

// sameTags names the tag in which an object differs from what this attempt would
// make. All of them count: a tag of the role becomes one of its sessions, and may
// open something. Values are shown where they are ours.
func (o *Ops) sameTags(op string, live, want map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(want)) {
		switch got, has := live[k]; {
		case !has:
			return refused(KindDiffers, op, "it lacks the tag %q", k)
		case got != want[k]:
			return refused(KindDiffers, op, "its tag %q is %q and not %q", k, got, want[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(live)) {
		if _, ours := want[k]; !ours {
			return refused(KindDiffers, op, "it has a tag %q that this request does not set: if something tags new roles and policies by itself, exclude %s from it, or set the tag with IAM_TAGS", k, o.opts.Path)
		}
	}
	return nil
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func tagMap(list []types.Tag) map[string]string {
	out := make(map[string]string, len(list))
	for _, t := range list {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

// both runs two independent steps at once, waits for both, and returns the error
// that leaves less hope, as [Kind] ranks them.
func both(a, b func() error) error {
	var errA, errB error
	var g sync.WaitGroup
	g.Go(func() { errA = a() })
	errB = b()
	g.Wait()
	failureA, okA := errors.AsType[*Error](errA)
	failureB, okB := errors.AsType[*Error](errB)
	if okA && okB && failureB.Kind > failureA.Kind {
		return errB
	}
	return cmp.Or(errA, errB)
}
