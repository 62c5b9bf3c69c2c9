package grants

import (
	"context"

	"port-iam/iamops"
)

// userReader gives the user that the requester is in AWS.
type userReader func() (iamops.User, error)

// readUser looks the requester up, where that is to be done, while Port is asked for the
// run: as [Job.readBoundary] does, and for its reasons. The record may name anybody, and
// where the answer does not come, only who needs it waits.
func (j *Job) readUser(ctx context.Context) (read userReader, stop func()) {
	users, email := j.svc.opts.Users, j.rec.Requester
	if users == nil {
		return nil, func() {}
	}
	look := func(ctx context.Context) (iamops.User, error) { return users.User(ctx, email) }
	if _, refused := j.svc.opts.UserName(email); refused != nil || !j.isFresh() {
		return func() (iamops.User, error) { return look(ctx) }, func() {}
	}
	return ahead(ctx, look)
}
