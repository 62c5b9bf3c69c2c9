package grants

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"port-iam/iamops"
)

const (
	// freshFor is how long after its record a run is most likely open.
	freshFor = time.Minute
	// unneededTime bounds the wait for an answer that the run itself does not need. The
	// next one does.
	unneededTime = 2 * time.Second
)

// boundaryReader gives what AWS says about the boundary in an account.
type boundaryReader func(a *account) (iamops.Boundary, error)

// readBoundary reads the boundary while Port is asked for the run, where the record is
// fresh: so many old ones are read again after a restart, whose runs have ended, that AWS
// is asked for them only when they are known to be open. stop has to be called when the
// answer is not needed any more.
func (j *Job) readBoundary(ctx context.Context) (read boundaryReader, stop func()) {
	now := func(a *account) (iamops.Boundary, error) { return a.Boundary(ctx) }
	likely := cmp.Or(j.account, j.svc.expected(j.rec.Entity))
	if likely == nil || !j.isFresh() {
		return now, func() {}
	}
	of, stop := ahead(ctx, likely.Boundary)
	return func(a *account) (iamops.Boundary, error) {
		if a != likely {
			return now(a)
		}
		return of()
	}, stop
}

// isFresh reports whether the run of the record is most likely open.
func (j *Job) isFresh() bool { return time.Since(j.rec.Time) < freshFor }

// ahead begins to read what may be needed. get waits for the answer; stop lets go of it,
// after a little while.
func ahead[T any](ctx context.Context, read func(context.Context) (T, error)) (get func() (T, error), stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var answer T
	var err error
	var reading sync.WaitGroup
	reading.Go(func() { answer, err = read(ctx) })
	get = func() (T, error) {
		reading.Wait()
		return answer, err
	}
	return get, func() {
		defer time.AfterFunc(unneededTime, cancel).Stop()
		reading.Wait()
		cancel()
	}
}

// inBoundary refuses a request for something that the boundary certainly does not allow:
// the run would end SUCCESS, and the access would not work. What AWS's console needs in
// addition is a warning. Where the daemon may not read the boundary of an account, that is
// told once, and not judged. An attempt that finds the entity of the grant goes on with
// what another one has decided.
func (j *Job) inBoundary(read boundaryReader, v grantView, plan *iamops.Plan) error {
	if v.entity != nil {
		return nil
	}
	b, err := read(j.account)
	switch {
	case err != nil:
		return err
	case b.Denied != nil:
		j.account.unjudged.Do(func() {
			j.log.Warn("the daemon may not read the permissions boundary, so requests for what it does not allow are granted and do not work: print the management policy again and attach it", keyAccount, j.account.id, keyError, b.Denied)
		})
	}
	if outside := b.Outside(plan.Scope.Granted()); len(outside) > 0 {
		return refuse("the permissions boundary does not allow it", "the permissions boundary %s does not allow %s on what this request is for: choose other permissions, or ask the platform team, who owns that policy, to allow them there", b.ARN, strings.Join(outside, ", "))
	}
	if outside := b.Outside(plan.Scope.Console()); len(outside) > 0 {
		plan.Scope.Warnings = append(plan.Scope.Warnings, fmt.Sprintf("the permissions boundary does not allow %s, so AWS's console may show errors", strings.Join(outside, ", ")))
	}
	return nil
}
