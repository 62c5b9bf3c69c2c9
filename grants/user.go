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
	read = sync.OnceValues(func() (iamops.User, error) { return users.User(ctx, email) })
	var reading sync.WaitGroup
	if _, refused := j.svc.opts.UserName(email); refused == nil && j.isFresh() {
		reading.Go(func() { _, _ = read() }) // who needs it gets it
	}
	return read, func() { letGo(&reading, cancel) }
}
