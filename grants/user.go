package grants

import (
	"context"
	"sync"

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
	ctx, cancel := context.WithCancel(ctx)
	if _, refused := j.svc.opts.UserName(email); refused != nil || !j.isFresh() {
		return func() (iamops.User, error) { return users.User(ctx, email) }, cancel
	}
	var user iamops.User
	var err error
	var reading sync.WaitGroup
	reading.Go(func() { user, err = users.User(ctx, email) })
	ahead := func() (iamops.User, error) {
		reading.Wait()
		return user, err
	}
	return ahead, func() { letGo(&reading, cancel) }
}
