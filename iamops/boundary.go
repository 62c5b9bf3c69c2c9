package iamops

import (
	"context"
	"sync"
	"time"
)

// boundaryFor is how long the text of the boundary counts after it was read.
const boundaryFor = 5 * time.Minute

// Boundary is the boundary of every role that [Ops.Create] makes. Its text is read at
// most every five minutes, once for all that ask meanwhile, and not at all where there
// is none.
//
// Errors: [KindBoundary] where it does not exist, and the temporary kinds. That the
// daemon may not read it is no error, see [Boundary].
func (o *Ops) Boundary(ctx context.Context) (Boundary, error) {
	if o.opts.Boundary == "" {
		return Boundary{}, nil
	}
	for {
		r, own := o.boundary.join()
		if own {
			b, err := o.api.boundary(lone(ctx), o.opts.Boundary, r.boundary)
			r.finish(b, err, ctx.Err() != nil)
			return b, err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			return Boundary{}, wrap(ctx.Err(), "read the permissions boundary")
		}
		if !r.left {
			return r.boundary, r.err
		}
	}
}

// Boundary reads a policy as a boundary. Errors as of [Ops.Boundary].
func (c *Clients) Boundary(ctx context.Context, arn string) (Boundary, error) {
	return c.IAM.boundary(ctx, arn, Boundary{})
}

// boundary reads a boundary: its text only where it is not the one that is known.
func (a *API) boundary(ctx context.Context, arn string, known Boundary) (Boundary, error) {
	const op = "read the permissions boundary"
	policy, err := a.policy(ctx, arn)
	switch {
	case IsKind(err, KindDenied):
		return Boundary{ARN: arn, Denied: err}, nil
	case IsKind(err, KindNotFound):
		return Boundary{}, refused(KindBoundary, op, "the platform team's boundary is missing: %s does not exist in this account, and they have to create that policy, or to correct IAM_PERMISSIONS_BOUNDARY", arn)
	case err != nil:
		return Boundary{}, err
	case known.id == policy.id && known.version == policy.version:
		return known, nil
	}
	document, err := a.document(ctx, arn, policy.version)
	switch {
	case IsKind(err, KindDenied):
		return Boundary{ARN: arn, Denied: err}, nil
	case IsKind(err, KindNotFound):
		return Boundary{}, refused(KindUnavailable, op, "its version %s is not visible", policy.version)
	case err != nil:
		return Boundary{}, err
	}
	b := ReadBoundary(arn, document)
	b.id, b.version = policy.id, policy.version
	return b, nil
}

// boundaryCache keeps what was read of the boundary. Its zero value is ready for use.
type boundaryCache struct {
	mu   sync.Mutex
	last *boundaryRead // nil before the first
}

// boundaryRead is one read. All that come while it goes on wait for it.
type boundaryRead struct {
	began time.Time
	done  chan struct{} // closed when it has ended; until then the rest is the reader's
	// boundary is what was read, or where it failed, what is known from before.
	boundary Boundary
	err      error
	left     bool // the reader gave up, so another one has to read
}

// join returns the last read where it goes on, or still counts; otherwise it begins one
// (own), which the caller has to finish.
func (c *boundaryCache) join() (r *boundaryRead, own bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r = &boundaryRead{began: time.Now(), done: make(chan struct{})}
	if last := c.last; last != nil {
		select {
		case <-last.done:
			if last.err == nil && r.began.Sub(last.began) < boundaryFor {
				return last, false
			}
			r.boundary = last.boundary
		default:
			return last, false
		}
	}
	c.last = r
	return r, true
}

func (r *boundaryRead) finish(b Boundary, err error, left bool) {
	if r.err, r.left = err, left && err != nil; err == nil {
		r.boundary = b
	}
	close(r.done)
}
