package consumer

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"
)

// beatLimit is the age of the last answer from the group's coordinator beyond
// which the membership is in doubt.
const beatLimit = 20 * time.Second

// troubleLimit is how long an error that the client reports again and again
// counts after it was last seen.
const troubleLimit = 20 * time.Second

var (
	errStarting = errors.New("starting")
	errStopping = errors.New("stopping")
	errStopped  = errors.New("stopped")
)

// fetchLimit is the age of the last answer to a fetch beyond which it is in doubt
// that records can be read. Where there are none, a broker answers after fetchWait.
const fetchLimit = 20 * time.Second

// stillAsked is for how long after its last fetch a broker counts as asked: the client
// gives a fetch up, and sends another, sooner.
const stillAsked = 45 * time.Second

// health is what is known about the membership in the group.
type health struct {
	limit time.Duration // of the age of beat

	mu    sync.Mutex
	why   error     // not a member; nil: a member
	beat  time.Time // last answer of the coordinator
	fetch time.Time // last answer to a fetch, or when none was needed
	// asked is what brokers, by node id, owe an answer to.
	asked map[int32]fetching
	// unread are partitions that are held and not read, until they are or another
	// member has them; a new session alone changes nothing.
	unread map[int32]error
	// troubles are what a member cannot do, by their texts, and when each was last
	// seen.
	troubles map[string]trouble
}

type fetching struct {
	since time.Time // when the first fetch without an answer was sent; zero: all were answered
	last  time.Time // when the last fetch was sent
}

type trouble struct {
	err error
	at  time.Time
}

// join says that this member takes part in the group.
func (h *health) join() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.why, h.beat = nil, time.Now()
}

// fail says why this is not a member.
func (h *health) fail(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.why = why
	clear(h.troubles)
}

// leave is fail for what the client tries again by itself. It is logged once in a
// row.
func (h *health) leave(why error, log *slog.Logger) {
	h.mu.Lock()
	news := h.why == nil || words(h.why) != words(why)
	h.why = why
	clear(h.troubles)
	h.mu.Unlock()
	if news {
		log.Warn("the group has to be joined again", keyError, why)
	}
}

func (h *health) alive() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beat = time.Now()
}

// fetched notes that nothing is to be fetched.
func (h *health) fetched() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fetch = time.Now()
}

// fetching notes that a broker was asked for records.
func (h *health) fetching(broker int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.asked[broker]
	f.last = time.Now()
	if f.since.IsZero() {
		f.since = f.last
	}
	h.asked[broker] = f
}

// answered notes that a broker answered a fetch.
func (h *health) answered(broker int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fetch = time.Now()
	h.asked[broker] = fetching{last: h.fetch}
}

// silent is for how long a broker that is still asked owes an answer.
func (h *health) silent() time.Duration {
	var longest time.Duration
	for _, f := range h.asked {
		if !f.since.IsZero() && time.Since(f.last) < stillAsked {
			longest = max(longest, time.Since(f.since))
		}
	}
	return longest
}

// reads notes whether a partition that is held is read; nil: it is, or it is not held
// any more.
func (h *health) reads(partition int32, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		delete(h.unread, partition)
		return
	}
	h.unread[partition] = err
}

// held forgets partitions that are not held.
func (h *health) held(ids []int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.unread, func(id int32, _ error) bool { return !slices.Contains(ids, id) })
}

// disturb notes an error that is likely to come back until an operator acts. It is
// logged once in a row.
func (h *health) disturb(err error, log *slog.Logger) {
	h.mu.Lock()
	before, known := h.troubles[words(err)]
	h.troubles[words(err)] = trouble{err, time.Now()}
	h.mu.Unlock()
	if !known || time.Since(before.at) > troubleLimit {
		log.Error("Kafka does not serve this member as it should", keyError, err)
	}
}

// current is what keeps a member from being ready; what was not seen for long is
// forgotten.
func (h *health) current() error {
	maps.DeleteFunc(h.troubles, func(_ string, t trouble) bool { return time.Since(t.at) > troubleLimit })
	var all []error
	for _, text := range slices.Sorted(maps.Keys(h.troubles)) {
		all = append(all, h.troubles[text].err)
	}
	for _, id := range slices.Sorted(maps.Keys(h.unread)) {
		all = append(all, h.unread[id])
	}
	return errors.Join(all...)
}

var ownAddress = regexp.MustCompile(`\S+->`)

// words are the text of an error without the address of our own end of a connection,
// which is another one at each try.
func words(err error) string { return ownAddress.ReplaceAllString(err.Error(), "") }

// member is nil while this is a live member of the group.
func (h *health) member() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why != nil {
		return h.why
	}
	if age := time.Since(h.beat); age > h.limit {
		return fmt.Errorf("no answer from the consumer group for %v", age.Round(time.Second))
	}
	return nil
}

// ready is nil while records can be read and committed.
func (h *health) ready() error {
	if err := h.member(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.current(); err != nil {
		return err
	}
	if h.fetch.IsZero() {
		return errors.New("no record was fetched so far")
	}
	if age := max(time.Since(h.fetch), h.silent()); age > fetchLimit {
		return fmt.Errorf("no answer to a fetch of records for %v", age.Round(time.Second))
	}
	return nil
}
