package grants_test

import (
	"strings"
	"testing"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// TestLogNamesNobody: why a request was refused is in the log, without the person.
func TestLogNamesNobody(t *testing.T) {
	for name, change := range map[string]func(*grants.Options){
		"not of the domain": func(o *grants.Options) { o.UserName = grants.UserName(false, "example.org") },
		"no user in AWS":    func(o *grants.Options) { o.Users = noUser{} },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, iamtest.Options{}, func(w *world) {
				p := w.process(change)
				rec := w.start(porttest.RunSpec{Action: grantAction, Entity: bucket, Requester: alice, Properties: map[string]any{"permissions": []any{"s3:PutObject"}}})
				w.must(p.handle(rec))
				contains(t, "run", w.wantRun(rec.RunID, "FAILURE"), alice)
				forged := w.request(nil)
				forged.Requester = bob
				if err := p.handle(forged); !isMismatch(err) {
					t.Errorf("a forged record: %v", err)
				}
				log := p.log.String()
				contains(t, "log", log, "the requester cannot")
				if strings.Contains(log, alice) || strings.Contains(log, bob) {
					t.Errorf("the log names a person:\n%s", log)
				}
			})
		})
	}
}
