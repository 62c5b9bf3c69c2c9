package grants_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

// TestBoundaryMissing: without its boundary a grant fails at once, with words for
// those who can put that right, and leaves nothing.
func TestBoundaryMissing(t *testing.T) {
	for name, fault := range map[string]iamtest.Fault{
		"does not exist": {},
		"not attachable": {Op: "CreateRole", Status: 400, Code: "PolicyNotAttachable", Count: -1},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{Visibility: 2 * time.Second}, func(w *world) {
				p := w.process()
				if fault.Op != "" {
					w.aws.Fault(fault)
				} else if _, err := w.admin().DeletePolicy(context.Background(), &iam.DeletePolicyInput{PolicyArn: aws.String(boundary)}); err != nil {
					t.Fatal(err)
				}
				rec := w.request(nil)
				began := time.Now()
				if err := p.handle(rec); err != nil {
					t.Fatal(err)
				}
				if run, _ := w.port.Run(rec.RunID); run.EndedAt.Sub(began) > time.Second {
					t.Errorf("ended after %s", run.EndedAt.Sub(began))
				}
				contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), boundary, "does not exist", "platform team", "IAM_PERMISSIONS_BOUNDARY")
				p.wantMetric("port_iam_runs_total", 1, "grant", "failed")
				w.wantGrants(0)
			})
		})
	}
}

// TestAutoTagger: a role that something else has tagged is not adopted; the run
// fails after its time and names the tag and the way out.
func TestAutoTagger(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.crashAt(w.process(), rec, "CreateRole")
		name := iamops.Name(rec.RunID)
		if _, err := w.admin().TagRole(context.Background(), &iam.TagRoleInput{
			RoleName: &name, Tags: []types.Tag{{Key: aws.String("creator"), Value: aws.String("mallory@example.com")}},
		}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := w.process().handle(rec); err != nil {
			t.Fatal(err)
		}
		if run, _ := w.port.Run(rec.RunID); run.EndedAt.Sub(began) < 10*time.Minute || run.EndedAt.Sub(began) > 11*time.Minute {
			t.Errorf("ended after %s", run.EndedAt.Sub(began))
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "gave up after 10m", `tag "creator"`, "exclude /port-iam/", "IAM_TAGS")
		w.wantGrants(0)
	})
}

// TestOtherSettingsNamed: the failure of a run that two settings were at work on
// says what differs.
func TestOtherSettingsNamed(t *testing.T) {
	inWorld(t, iamtest.Options{}, func(w *world) {
		rec := w.request(nil)
		w.crashAt(w.process(), rec, "CreateRole")
		other := w.process(func(o *grants.Options) { o.Duration = time.Hour })
		if err := other.handle(rec); err != nil {
			t.Fatal(err)
		}
		run, _ := w.port.Run(rec.RunID)
		end := func(d time.Duration) string {
			return run.CreatedAt.UTC().Truncate(time.Second).Add(d).Format(time.RFC3339)
		}
		contains(t, "log", w.wantRun(rec.RunID, "FAILURE"), "gave up after 10m", end(time.Hour), end(8*time.Hour))
		w.wantGrants(0)
	})
}
