package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/iamops"
	"port-iam/port"
)

// accountInterval is between two times that all accounts are asked whether they are up.
// With probeTimeout, readiness follows within 30 s.
const accountInterval = 20 * time.Second

var errNotEntered = errors.New("not entered yet")

// accountWatch knows which of the served accounts let the daemon in.
type accountWatch struct {
	gauge  *prometheus.GaugeVec
	listed bool // in ACCOUNTS; else the own credentials alone decide

	mu       sync.Mutex
	rejected error            // why AWS does not accept the own credentials; nil: it does
	away     map[string]error // why, by account; nil: it is up
}

// newAccountWatch knows the accounts of ACCOUNTS from the start.
func newAccountWatch(reg prometheus.Registerer, ids []string) *accountWatch {
	w := &accountWatch{
		gauge: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "port_iam_account_up",
			Help: "Whether the account can be entered and IAM answers there, by account.",
		}, []string{"account"}),
		listed: len(ids) > 0, away: map[string]error{}, rejected: errors.New("not reached yet"),
	}
	reg.MustRegister(w.gauge)
	w.serve(ids)
	return w
}

// serve knows further accounts, which are away until they have answered.
func (w *accountWatch) serve(ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if _, known := w.away[id]; !known {
			w.away[id] = errNotEntered
			w.gauge.WithLabelValues(id).Set(0)
		}
	}
}

// noteOwn notes whether AWS accepts the own credentials.
func (w *accountWatch) noteOwn(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rejected = err
}

// note notes whether an account is up, and reports whether that is a change.
func (w *accountWatch) note(id string, err error) (changed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	up := 0.0
	if err == nil {
		up = 1
	}
	w.gauge.WithLabelValues(id).Set(up)
	before := w.away[id]
	w.away[id] = err
	return (before == nil) != (err == nil) || errors.Is(before, errNotEntered)
}

// standing is why each served account is away; nil: it is up.
func (w *accountWatch) standing() map[string]error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.away)
}

// problem is why AWS counts as away: the own credentials are rejected, or no account
// lets the daemon in. One account that does is enough.
func (w *accountWatch) problem() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rejected != nil || !w.listed {
		return w.rejected
	}
	for _, err := range w.away {
		if err == nil {
			return nil
		}
	}
	first := slices.Min(slices.Collect(maps.Keys(w.away)))
	return fmt.Errorf("no served account is up, of %d; the first, %s: %w", len(w.away), first, w.away[first])
}

// probe asks all accounts at once whether they are up. One that does not answer in
// time is away, and holds up none of the others.
func (w *accountWatch) probe(ctx context.Context, all []account, log *slog.Logger) {
	var asking sync.WaitGroup
	for _, a := range all {
		asking.Go(func() {
			tryCtx, cancel := context.WithTimeout(ctx, probeTimeout)
			defer cancel()
			err := a.ops.Up(tryCtx)
			switch {
			case ctx.Err() != nil || !w.note(a.id, err):
			case err == nil:
				log.Info("account is up", "account", a.id)
			case iamops.IsKind(err, iamops.KindDenied):
				log.Warn("account denies the daemon a right, its runs fail", "account", a.id, "error", err)
			default:
				log.Warn("account is away, its runs wait", "account", a.id, "error", err)
			}
		})
	}
	asking.Wait()
}

// probeAccounts asks the accounts at the start and at every interval, until ctx ends.
func (d *daemon) probeAccounts(ctx context.Context) {
	tick := time.NewTicker(accountInterval)
	defer tick.Stop()
	for {
		d.life.accounts.Beat(pulseLimit)
		d.watch.probe(ctx, d.served, d.log)
		select {
		case <-ctx.Done():
			d.life.accounts.Stop()
			return
		case <-tick.C:
		}
	}
}

// elsewhereAgain is after how long Port is asked again for grants of accounts that are
// not served.
const elsewhereAgain = time.Minute

// warnElsewhere tells, once, of the grants in accounts that have left ACCOUNTS. Without
// ACCOUNTS those of other accounts are another daemon's.
func (d *daemon) warnElsewhere(ctx context.Context) {
	if !d.watch.listed {
		return
	}
	found, err := d.service.Elsewhere(ctx)
	for ; err != nil; found, err = d.service.Elsewhere(ctx) {
		if ctx.Err() == nil {
			d.log.Warn("Port does not say whether there are grants in accounts that are not served", "error", err)
		}
		if !pause(ctx, elsewhereAgain) {
			return
		}
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		d.log.Warn("there are grants in an account that is not served: they end at their time, nobody sweeps them, "+
			"and `port-iam grants revoke` with that account in ACCOUNTS takes them away", "account", id, "grants", found[id])
	}
}

// buildAccounts makes what each served account needs. None of them is waited for: who
// asks for access in one that is away waits, and nobody else.
func (d *daemon) buildAccounts(ctx context.Context, org string, own iamops.Identity) (err error) {
	if err := d.cfg.checkOwn(own); err != nil {
		return configError{err}
	}
	if d.served, err = d.newAccounts(org, own); err != nil {
		return err
	}
	d.watch.serve(d.cfg.served(own))
	d.watch.noteOwn(nil)
	d.ready.live(needAWS, d.watch.problem)
	for _, action := range d.cfg.actions.All() {
		if err := d.checkAction(ctx, action, own); err != nil {
			return err
		}
	}
	return nil
}

// checkAction stops a daemon whose action in Port belongs to daemons of other AWS
// accounts: both would act on the same runs.
func (d *daemon) checkAction(ctx context.Context, action string, own iamops.Identity) error {
	missing := false
	named, err := await(ctx, d, needPort, func(ctx context.Context) ([]string, error) {
		named, err := d.portal.ActionAccounts(ctx, action)
		if missing = port.IsKind(err, port.KindNotFound); missing {
			return nil, nil
		}
		return named, err
	}, func(err error) bool {
		return unauthorized(err) || port.IsKind(err, port.KindRefused)
	}, "the credentials must be allowed to read actions")
	others := d.cfg.unserved(own, named)
	switch {
	case err != nil:
		return err
	case missing:
		d.log.Warn("the action does not exist in Port, nobody can start it: run `port-iam setup`", "action", action)
	case len(named) == 0:
		d.log.Info("the action in Port does not say for which AWS account it is: run `port-iam setup`", "action", action)
	case len(others) == len(named):
		return fmt.Errorf("action %s in Port is for AWS %s, and %s: use the right credentials or ACCOUNTS, "+
			"or separate actions for each daemon (GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION)", action, inWords(named), d.cfg.servesWhat(own))
	case len(others) > 0:
		d.log.Warn("the action in Port is also for AWS accounts that this daemon does not serve, what is asked for there is refused: "+
			"add them to ACCOUNTS, or run `port-iam setup`", "action", action, "accounts", others)
	}
	return nil
}
