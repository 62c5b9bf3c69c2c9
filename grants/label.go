package grants

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"port-iam/port"
)

const (
	// labelAfter is how long a run waits until its status label says for whom.
	labelAfter = 5 * time.Second
	// labelLeast is how long a run waits for one side until the label names it.
	labelLeast = time.Second
	// labelTime bounds the calls about one label, and labelPause keeps the labels of
	// many runs from using up Port's rate limit.
	labelTime  = 2 * time.Second
	labelPause = 200 * time.Millisecond
)

// For whom a run may wait, as its status label says it.
const (
	waitsForOthers = "Waiting for other requests"
	waitsForPort   = "Waiting for Port"
	waitsForAWS    = "Waiting for AWS"
	waitsForCopy   = "Waiting for another copy of this request"
	waitsForClock  = "Waiting for a correct clock"
	waitsForAudit  = "Waiting for the audit log"
)

// waitsFor says for whom a run waits whose attempt ended with the error; "" where it
// is open whether the record belongs to it.
func waitsFor(err error) string {
	switch c, _ := classify(err); c {
	case causeUnknownRun:
		return ""
	case causePort, causeGrantRun, causeOther:
		return waitsForPort
	case causeDiffers:
		return waitsForCopy
	case causeTurn, causeBusy:
		return waitsForOthers
	case causeClock:
		return waitsForClock
	case causeAudit:
		return waitsForAudit
	case causeAWS, causeInvisible, causeUnseen, causeKept, causeLifted:
	}
	return waitsForAWS
}

// label is the status label of a run that waits. Nothing waits for it, each text is
// sent once, and what Port does not take of it is only logged.
type label struct {
	to    *labeller
	run   string
	fits  func(port.Run) bool // whether the record does
	began time.Time
	timer *time.Timer

	mu     sync.Mutex // guards what follows
	known  bool       // the record fits its run
	text   string     // what is to be said
	due    time.Time  // when
	told   string     // what was said last
	cancel func()     // of the call under way
	closed bool
}

// newLabel is that of a run whose record was just read.
func (s *Service) newLabel(run string, fits func(port.Run) bool) *label {
	l := &label{to: &s.labeller, run: run, fits: fits, began: time.Now(), text: waitsForOthers, cancel: func() {}}
	l.timer = time.AfterFunc(labelAfter, func() { l.to.add(l) })
	return l
}

// begin says for whom the run waits from now on: the first time after five seconds
// of its whole wait, and a second of this, and then if this alone takes five. l may be
// nil.
func (l *label) begin(text string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	due := time.Now().Add(labelAfter)
	if l.told == "" {
		due = later(l.began.Add(labelAfter), time.Now().Add(labelLeast))
	}
	l.set(text, due)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// goOn says for whom the run waits after an attempt that ended with the error.
func (l *label) goOn(err error) {
	text := waitsFor(err)
	if text == waitsForOthers { // for its turn, which comes soon
		l.begin(text)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.set(cmp.Or(text, l.told), l.began.Add(labelAfter))
}

func (l *label) set(text string, due time.Time) {
	if !l.closed {
		l.text, l.due = text, due
		l.timer.Reset(max(0, time.Until(l.due)))
	}
}

// confirm notes that the record fits its run.
func (l *label) confirm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known = true
}

// stop says nothing more until the next begin or goOn.
func (l *label) stop() { l.end(false) }

// close says nothing more.
func (l *label) close() { l.end(true) }

func (l *label) end(closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer.Stop()
	l.cancel()
	l.text, l.closed = l.told, l.closed || closed
}

// take returns what is to be said, and whether the record is known to fit; "" where
// there is nothing new. cancel ends the call that says it.
func (l *label) take(cancel func()) (text string, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text == l.told || time.Now().Before(l.due) {
		return "", false
	}
	l.told, l.cancel = l.text, cancel
	return l.text, l.known
}

// labeller sends the labels of all runs, one after the other.
type labeller struct {
	portal Portal
	log    *slog.Logger

	mu   sync.Mutex
	due  []*label
	busy bool
}

func (s *labeller) add(l *label) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.due, l) {
		s.due = append(s.due, l)
	}
	if !s.busy {
		s.busy = true
		go s.work()
	}
}

// work sends one label, and comes back until there is none.
func (s *labeller) work() {
	for l := s.next(); l != nil; l = s.next() {
		if s.send(l) {
			time.AfterFunc(labelPause, s.work)
			return
		}
	}
}

func (s *labeller) next() (l *label) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy = len(s.due) > 0; s.busy {
		l = s.due[0]
		s.due = slices.Delete(s.due, 0, 1)
	}
	return l
}

// send says it in Port, and reports whether Port was asked for something. Where no
// attempt has found yet that the record fits its run, that is found out first: a run of
// others gets no label of ours. A label that is there by then comes from another copy
// of the record, which knows more.
func (s *labeller) send(l *label) bool {
	ctx, cancel := context.WithTimeout(context.Background(), labelTime)
	defer cancel()
	text, known := l.take(cancel)
	if text == "" {
		return false
	}
	if !known {
		if run, err := s.portal.Run(ctx, l.run); err != nil || !l.fits(run) || run.Label != "" {
			return true
		}
	}
	if err := s.portal.LabelRun(ctx, l.run, text); err != nil && ctx.Err() == nil {
		s.log.Info("Port did not take the status label of a run that waits", keyRunID, l.run, keyError, err)
	}
	return true
}

// setLast sets the label of a run that is about to end without one, so that it does
// not say that it waits.
func (s *labeller) setLast(ctx context.Context, run, text string) {
	ctx, cancel := context.WithTimeout(ctx, labelTime)
	defer cancel()
	if err := s.portal.LabelRun(ctx, run, text); err != nil {
		s.log.Info("Port did not take the status label of a run that ends", keyRunID, run, keyError, err)
	}
}
