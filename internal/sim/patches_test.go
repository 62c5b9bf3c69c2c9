package sim

// patches mend what the simulation has found and the code still has: the
// schedules are played with them, so that what they would hide shows too. One
// whose text is gone from the code is left out: it has been mended, and goes from
// this list as well.
var patches = []change{
	{ // Seed 10: a call to AWS that is never answered held up the sweeps for ever.
		file: "iamops/whole.go",
		old: `	resp, err := w.client.Do(r)
`,
		new: `	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	resp, err := w.client.Do(r.WithContext(ctx))
`,
	},
	{
		file: "iamops/whole.go",
		old:  `// whole is an HTTP client`,
		new: `// answerTime bounds one request and its whole answer.
const answerTime = 20 * time.Second

// whole is an HTTP client`,
	},
	{
		file: "iamops/whole.go",
		old: `	"bytes"
	"fmt"
	"io"
	"net/http"
`,
		new: `	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
`,
	},
	{ // Seed 262: one role that could not be deleted yet ended each sweep.
		file: "grants/sweep.go",
		old: `	c, _ := classify(err)
	return c != causePort && c != causeAWS
`,
		new: `	if iamops.IsKind(err, iamops.KindConflict) {
		return true
	}
	c, _ := classify(err)
	return c != causePort && c != causeAWS
`,
	},
	{ // Seed 18, with foreignInTheWay: of a grant in whose way a foreign role stands, the policy remained.
		file: "iamops/look.go",
		old: `	s := State{Name: name, RunID: runID}
	g, gctx := errgroup.WithContext(ctx)
`,
		new: `	s := State{Name: name, RunID: runID}
	var g errgroup.Group
	gctx := ctx
`,
	},
	{
		file: "iamops/look.go",
		old: `	if err := g.Wait(); err != nil {
		return State{}, err
	}
	return s, nil
}

func (o *Ops) getRole`,
		new: `	err := g.Wait()
	return s, err // what is ours, also where something else is not
}

func (o *Ops) getRole`,
	},
	{
		file: "grants/report.go",
		old: `	state, err := j.svc.opts.Access.Look(ctx, j.name)
	if err != nil {
		return err
	}
	return j.dismantle(ctx, state, lag)
`,
		new: `	state, err := j.svc.opts.Access.Look(ctx, j.name)
	if iamops.IsKind(err, iamops.KindForeign) && state.Exists() {
		// What is not ours stays; what is, goes.
		if removing := j.dismantle(ctx, state, false); removing != nil {
			return removing
		}
	}
	if err != nil {
		return err
	}
	return j.dismantle(ctx, state, lag)
`,
	},
	{
		file: "grants/sweep_settle.go",
		old: `		w.foreign[c.name] = true
		return false, nil
	}
	if err != nil {
		return false, err
	}
	delete(w.foreign, c.name)
`,
		new: `		w.foreign[c.name] = true
		if !state.Exists() || w.readRun(ctx, c) != nil || c.runUnknown() || !c.run.Status.Ended() || c.run.Status == port.StatusSuccess {
			return false, nil
		}
		c.state, c.why = StateForeign, "its tags are not ours, but those of what a failed run left beside it are"
		return true, w.remove(ctx, c, removedOrphaned)
	}
	if err != nil {
		return false, err
	}
	delete(w.foreign, c.name)
`,
	},
	{
		file: "grants/sweep_settle.go",
		old: `	if err != nil {
		j.noteForeign(err)
		return err
	}
	if reason == removedExpired {
`,
		new: `	if err != nil && !(iamops.IsKind(err, iamops.KindForeign) && state.Exists()) {
		j.noteForeign(err)
		return err
	}
	if reason == removedExpired {
`,
	},
}
