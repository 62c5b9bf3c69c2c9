package iamops

import (
	"context"
	"sync"
	"time"
)

const (
	// userFor is how long a user counts after it was read, and noUserFor that there is
	// none: who was provisioned a moment ago does not wait long, and one record that is
	// repeated makes no call each time.
	userFor, noUserFor = 5 * time.Minute, 30 * time.Second
	// maxUsers is how many answers are remembered.
	maxUsers = 1000
)

// userMemory keeps what was read of users, by e-mail. Its zero value is ready for use.
type userMemory struct {
	mu    sync.Mutex
	reads map[string]*userRead
}

// userRead is one read. All that ask for the same e-mail while it goes on wait for it.
type userRead struct {
	began time.Time
	done  chan struct{} // closed when it has ended; until then the rest is the reader's
	user  User
	err   error
	left  bool // the reader gave up without an answer, so another one has to read
}

// get returns what is remembered, and otherwise reads it.
func (m *userMemory) get(ctx context.Context, email string, read func(context.Context, string) (User, error)) (User, error) {
	for {
		r, own := m.join(email)
		if own {
			r.user, r.err = read(ctx, email)
			r.left = r.err != nil && !IsKind(r.err, KindUser) && ctx.Err() != nil
			close(r.done)
			return r.user, r.err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			return User{}, wrap(ctx.Err(), lookUp)
		}
		if !r.left {
			return r.user, r.err
		}
	}
}

// join returns the last read where it goes on, or still counts; otherwise it begins one
// (own), which the caller has to finish.
func (m *userMemory) join(email string) (r *userRead, own bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if last := m.reads[email]; last != nil && last.counts(now) {
		return last, false
	}
	if m.reads == nil {
		m.reads = map[string]*userRead{}
	}
	if len(m.reads) >= maxUsers {
		m.forget(now)
	}
	r = &userRead{began: now, done: make(chan struct{})}
	m.reads[email] = r
	return r, true
}

// counts reports whether a read is as good as another one.
func (r *userRead) counts(now time.Time) bool {
	age := now.Sub(r.began)
	select {
	case <-r.done:
	default:
		return true
	}
	return r.err == nil && age < userFor || IsKind(r.err, KindUser) && age < noUserFor
}

// forget makes room for one more: what does not count any more goes, and otherwise the
// oldest. Who waits for a read that is forgotten still gets its answer.
func (m *userMemory) forget(now time.Time) {
	var oldest string
	for email, r := range m.reads {
		if !r.counts(now) {
			delete(m.reads, email)
		} else if oldest == "" || r.began.Before(m.reads[oldest].began) {
			oldest = email
		}
	}
	if len(m.reads) >= maxUsers {
		delete(m.reads, oldest)
	}
}
