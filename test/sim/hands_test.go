package sim

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// byHand does to a finished grant what people do past port-iam.
func (w *world) byHand(o *order) {
	if !w.succeeded(o) || w.taken(o) {
		return
	}
	what := pickBy(w.plan.seed, o.run, "entity deleted", "role deleted", "boundary removed", "inline policy added", lent)
	w.mu.Lock()
	o.handled = what
	w.mu.Unlock()
	w.trace.add("by hand: %s of %s", what, o.run)
	w.background(0, func() { w.doByHand(o, what) })
}

// lent is a policy of a grant that was attached to a foreign role by hand: it
// cannot be deleted, and must hold up nothing but its own grant.
const lent = "policy lent"

// edited is an entity that names a role of another account.
const edited = "entity edited"

// edit changes the entity of a finished grant, as a person can in Port.
func (w *world) edit(o *order) {
	if _, found := w.port.Entity(grantEntity, o.name()); !found {
		return
	}
	w.mu.Lock()
	o.handled = edited
	w.mu.Unlock()
	w.trace.add("by hand: %s of %s", edited, o.run)
	w.point(o, otherAccount+o.name())
}

// halfDone is what a person did not bring to an end: anything may be left of the
// grant until its end.
const halfDone = "half done"

func (w *world) doByHand(o *order, what string) {
	in := w.home(o)
	admin := w.adminIn(in)
	ctx := context.Background()
	role, arn := aws.String(o.name()), aws.String(policyARN(in, o.name()))
	var err error
	switch what {
	case "entity deleted":
		err = w.deleteEntity(o.name())
	case "role deleted":
		_, err = admin.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: role, PolicyArn: arn})
		if err == nil {
			// Only what is seen to be detached can be deleted.
			sleep(ctx, w.shown())
			_, err = admin.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: role})
		}
	case "boundary removed":
		_, err = admin.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: role})
	case "inline policy added":
		_, err = admin.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: role, PolicyName: aws.String("more"), PolicyDocument: aws.String(mayAssume),
		})
	case lent:
		_, err = admin.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(borrower), PolicyArn: arn})
	}
	if err != nil {
		w.trace.add("by hand: %v", err)
		w.mu.Lock()
		o.handled = halfDone
		w.mu.Unlock()
	}
}

// shown is when all reads show what is written now.
func (w *world) shown() time.Duration {
	return max(w.plan.visibility, w.plan.lag) + w.plan.behind + time.Second
}
