package grants

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

// cases brings together what IAM and Port list, sorted by name, and what earlier
// sweeps found.
func (w *round) cases(listed map[string]iamops.Listed, entities *inPort) []*facts {
	all := map[string]*facts{}
	for name, l := range listed {
		all[name] = &facts{name: name, listed: l, inIAM: true}
		w.noteEntity(all[name], entities.all[name])
	}
	for _, e := range entities.in[w.account] {
		runID, ok := iamops.RunID(e.Identifier)
		if !ok || all[e.Identifier] != nil {
			continue // not made by port-iam, or noted above
		}
		f := &facts{name: e.Identifier, listed: iamops.Listed{RunID: runID}}
		w.noteEntity(f, e)
		all[f.name] = f
	}
	maps.DeleteFunc(w.memory, func(name string, _ *memory) bool { return all[name] == nil || !all[name].inIAM })
	out := make([]*facts, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if w.memory[name] == nil {
			w.memory[name] = &memory{}
		}
		all[name].memory = w.memory[name]
		all[name].unreportable = w.isUnreportable(all[name].listed.RunID)
		out = append(out, all[name])
	}
	w.chooseClose(out)
	return out
}

// chooseClose marks whose turn it is, going on after the last one of the sweep
// before.
func (w *round) chooseClose(sorted []*facts) {
	left := closeLooks
	for _, f := range behind(sorted, w.turn) {
		if left > 0 && f.inIAM && f.listed.RunID != "" {
			f.closely = true
			w.turn = f.name
			left--
		}
	}
}

// decide judges one name, reading all that it takes.
func (w *round) decide(ctx context.Context, f *facts) (verdict, error) {
	for {
		v, n := w.judge(f)
		if n == needNothing {
			return v, nil
		}
		if err := w.read(ctx, f, n); err != nil {
			return v, err
		}
	}
}

// judgeAgain judges a grant that is suspected of having to go, by what is read
// now; false: it stays.
func (w *round) judgeAgain(ctx context.Context, j *judged) (goes bool, err error) {
	allowed := j.doubtful // the brake was asked
	j.looked, j.seen, j.entityRead, j.placeRead, j.runFailed = false, seen{}, false, false, false
	j.runRead = j.runRead && j.run.Status.Ended()
	if j.verdict, err = w.decide(ctx, j.facts); err != nil {
		return false, err
	}
	return j.verdict.remove != "" && (allowed || !j.doubtful), nil
}

// suspect judges one name, reading what it takes but the live objects of a grant
// that seems to have to go: who removes it reads them.
func (w *round) suspect(ctx context.Context, f *facts) (verdict, error) {
	for {
		v, n := w.judge(f)
		if n == needNothing || v.remove != "" {
			return v, nil
		}
		if err := w.read(ctx, f, n); err != nil {
			return v, err
		}
	}
}

func (w *round) judge(f *facts) (verdict, need) {
	return judge(f, time.Now(), rules{grace: w.opts.Grace, force: w.opts.Force})
}

// read reads what judge asks for.
func (w *round) read(ctx context.Context, f *facts, n need) error {
	switch n {
	case needLive:
		return w.lookAt(ctx, f)
	case needRun:
		err := w.readRun(ctx, f)
		if f.unreportable && !f.foreign {
			f.runFailed, err = err != nil, nil
		}
		return err
	case needPlace:
		return w.readPlace(ctx, f)
	default:
		e, err := find(ctx, w.svc.opts.Portal, templates.BlueprintGrant, f.name)
		if err != nil {
			return err
		}
		w.noteEntity(f, e)
		f.entityRead = true
		return nil
	}
}

// noteEntity notes what the entity of a grant says; nil: there is none.
func (w *round) noteEntity(f *facts, e *port.Entity) {
	f.entity, f.ours, f.elsewhere, f.entityEnds = e, false, false, time.Time{}
	if e == nil {
		return
	}
	f.ours = w.svc.accountIn(e) == w.account
	f.elsewhere = !f.ours && textOf(e, templates.PropertyRoleARN) != ""
	f.entityEnds, _ = time.Parse(time.RFC3339, textOf(e, templates.PropertyExpiryTime))
}

// readPlace finds out whether a grant may be in the account of the resource that its run
// is about, where that is another one. One that does not answer is no trouble of ours.
func (w *round) readPlace(ctx context.Context, f *facts) error {
	made, err := w.svc.madeIn(ctx, f.run)
	if err != nil {
		return err
	}
	f.placeRead, f.mayBeIn = true, ""
	if made == "" || made == w.id {
		return nil
	}
	if a := w.svc.account(made); a != nil {
		soon, cancel := context.WithCancel(ctx)
		defer cancel()
		defer time.AfterFunc(placeTime, cancel).Stop() // it must not hold up this account
		live, err := a.Find(soon, f.name)
		if iamops.IsKind(err, iamops.KindForeign) || err == nil && !live.HasRole() {
			return nil
		}
	}
	f.mayBeIn = made
	return nil
}

// lookAt reads the live objects.
func (w *round) lookAt(ctx context.Context, f *facts) error {
	w.beat(0)
	live, err := w.Look(ctx, f.name)
	return w.noteLook(f, live, err)
}

// noteLook notes the answer to a close look, unless there was none, and tells of
// what is not ours or was changed by hand.
func (w *round) noteLook(f *facts, live iamops.Live, err error) error {
	foreign := iamops.IsKind(err, iamops.KindForeign)
	if err != nil && !foreign {
		return err
	}
	changes := w.changed(live)
	f.looked, f.live = true, live
	f.seen = seen{
		exists: live.Exists(), role: live.HasRole(), attached: live.Attached(), cut: live.IsCut(),
	}
	f.seen.end, _ = live.End()
	before := *f.memory
	f.foreign, f.changed = foreign, !foreign && len(changes) > 0
	switch {
	case foreign && !before.foreign:
		w.log.Error("an object under our path is not ours", keyAccount, w.id, keyGrant, f.name, keyError, err)
		w.svc.noteForeign(err)
	case f.changed && !before.changed:
		w.log.Error("a grant was changed by hand", keyAccount, w.id, keyGrant, f.name, keyReason, strings.Join(changes, "; "))
	}
	return nil
}

// readRun reads the run that made the grant.
func (w *round) readRun(ctx context.Context, f *facts) error {
	w.beat(0)
	run, err := w.svc.opts.Portal.Run(ctx, f.listed.RunID)
	return f.noteRun(run, err)
}

// noteRun notes what Port says of the run, unless it says nothing.
func (f *facts) noteRun(run port.Run, err error) error {
	if err != nil && !port.IsKind(err, port.KindNotFound) {
		return err
	}
	f.run, f.runRead = run, true
	if run.Status == port.StatusSuccess && !f.late() {
		f.succeeded = f.listed.RoleCreated // it stays so
	}
	return nil
}

// changed says what about a grant was changed by hand.
func (w *round) changed(live iamops.Live) []string {
	userName := ""
	if requester := live.Requester(); requester != "" && w.svc.opts.Users == nil {
		if name, err := w.svc.opts.UserName(requester); err == nil {
			userName = name
		}
	}
	return w.Changed(live, userName)
}
