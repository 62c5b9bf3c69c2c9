package grants_test

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/catalogue"
	"port-iam/iamops/iamtest"
	"port-iam/port"
	"port-iam/port/porttest"
	goldenfile "port-iam/test/kit/golden"
)

var update = flag.Bool("update", false, "write testdata/port.golden again")

// TestGolden holds all that people read of us in Port, in one file that is there to be
// read from top to bottom: the model, and what each kind of run says in the end. The
// texts are those of runs that were played.
func TestGolden(t *testing.T) {
	page := &golden{t: t, reasons: map[catalogue.Reason]bool{}}
	page.write("# What people read of port-iam in Port\n\nWritten by `go test ./grants -run TestGolden -tags synctests -update`.\n\n")
	page.model()
	for _, chapter := range []struct {
		title string
		plays []play
	}{
		{"Access is given", slices.Concat(given(), givenBundles(), givenRelated(), givenBeside(), givenConsole())},
		{"Access is taken away", taken()},
		{"A request is refused: the form", refusedForms()},
		{"A request is refused: the requester", refusedRequesters()},
		{"A request is refused: permission and resource", refusedScopes()},
		{"A request is refused: the catalogue", refusedCatalogues()},
		{"A request is refused: bundles, limits, approval", refusedOffers()},
		{"A request fails", slices.Concat(failed(), differing())},
		{"A revocation is refused", refusedRevocations()},
		{"A revocation fails", slices.Concat(failedRevocations(), unallowed())},
		{"Several accounts are served", severalAccounts()},
		{"A run waits", waiting()},
	} {
		page.write("# %s\n\n", chapter.title)
		for _, p := range chapter.plays {
			page.play(p)
		}
	}
	page.never()
	goldenfile.Check(t, *update, "testdata/port.golden", page.text.String())
	page.complete()
}

// golden is the file while it is written.
type golden struct {
	t       *testing.T
	text    strings.Builder
	said    []string // every text by itself, and what the status page says of it
	reasons map[catalogue.Reason]bool
}

func (g *golden) write(format string, args ...any) { fmt.Fprintf(&g.text, format, args...) }

// play is a run from its start to its end. f returns its id. waits is a label that the
// run has meanwhile, where that is what the play is about.
type play struct {
	name  string
	f     func(s *stage) (run string)
	waits string
}

// stage is the world of a play.
type stage struct {
	*world
	page  *golden
	picky *picky
}

// play writes what the page of a run shows at the end of a play.
func (g *golden) play(p play) {
	g.t.Run(p.name, func(t *testing.T) {
		inWorld(t, iamtest.Options{}, func(w *world) {
			s := &stage{world: w, page: g, picky: &picky{}}
			id := p.f(s)
			run, known := w.port.Run(id)
			if !known || len(run.Logs) > 1 {
				t.Fatalf("run %q, logs %+v", id, run.Logs)
			}
			g.write("## %s\n\n", p.name)
			if p.waits != "" {
				if said := s.picky.said(); !slices.Contains(said, p.waits) {
					t.Errorf("labels %q, want %q", said, p.waits)
				}
				g.write("while it waits: %s\n", p.waits)
				g.said = append(g.said, p.waits)
			}
			if run.Ended() {
				g.write("label: %s\n", run.StatusLabel)
				g.said = append(g.said, run.StatusLabel)
			}
			if run.Link != nil {
				g.write("link: %s\n", run.Link)
			}
			for _, l := range run.Logs {
				text := traceID.ReplaceAllString(l.Message, "(trace …)")
				g.said = append(g.said, text)
				g.write("\n    %s\n", strings.ReplaceAll(text, "\n", "\n    "))
			}
			g.write("\n")
		})
	})
}

var traceID = regexp.MustCompile(`\(trace [^)]*\)`)

// process is an instance as the daemon makes it, whose labels and refusals are noted.
func (s *stage) process(change ...func(*grants.Options)) *process {
	return s.world.process(append([]func(*grants.Options){func(o *grants.Options) {
		o.UserName = grants.UserName(false, "")
		o.Accounts[account] = noting{o.Accounts[account], s.page}
		s.picky.use(o)
	}}, change...)...)
}

// noting notes for which reasons the catalogue refuses.
type noting struct {
	grants.Access
	page *golden
}

func (n noting) Plan(r iamops.Request) (iamops.Plan, error) {
	p, err := n.Access.Plan(r)
	var refusals catalogue.Refusals
	if errors.As(err, &refusals) {
		for _, refusal := range refusals {
			n.page.reasons[refusal.Reason] = true
		}
	}
	return p, err
}

// handle plays a record to its end, and notes what the status page says about it.
func (s *stage) handle(p *process, rec port.Record) (run string) {
	s.must(p.handle(rec))
	for _, d := range p.Recent() {
		s.page.said = append(s.page.said, d.Summary)
	}
	return rec.RunID
}

// asks plays a request for the bucket with these inputs.
func (s *stage) asks(inputs map[string]any, change ...func(*grants.Options)) (run string) {
	return s.handle(s.process(change...), s.request(inputs))
}

// starts plays a run of the grant action by Alice on the bucket, where spec does not
// say otherwise.
func (s *stage) starts(spec porttest.RunSpec, change ...func(*grants.Options)) (run string) {
	spec.Action = grantAction
	spec.Entity = or(spec.Entity, bucket, "none")
	spec.Requester = or(spec.Requester, alice, "nobody")
	if spec.Properties == nil {
		spec.Properties = map[string]any{"permissions": []any{"s3:PutObject"}}
	}
	return s.handle(s.process(change...), s.start(spec))
}

// on plays a request for some actions on a resource that the catalogue in Port has.
func (s *stage) on(arn string, actions ...any) (run string) {
	s.port.AddEntity("aws_resource", fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":"S3"}}`, arn))
	return s.starts(porttest.RunSpec{Entity: arn, Properties: map[string]any{"permissions": actions}})
}
