package grants_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"port-iam/grants"
	"port-iam/iamops/iamtest"
	"port-iam/internal/audit"
	"port-iam/port"
	"port-iam/port/porttest"
)

// TestAuditDocs: the examples in docs/audit.md are what the code writes.
func TestAuditDocs(t *testing.T) {
	const (
		page       = "../docs/audit.md"
		begin, end = "<!-- examples: begin (go test ./grants -tags synctests -run TestAuditDocs -update) -->\n", "<!-- examples: end -->"
	)
	inWorld(t, iamtest.Options{}, func(w *world) {
		text, err := os.ReadFile(page)
		w.must(err)
		before, rest, ok := strings.Cut(string(text), begin)
		written, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no place for examples", page)
		}
		examples := "\n```json\n" + w.examples() + "```\n\n"
		switch {
		case *update:
			w.must(os.WriteFile(page, []byte(before+begin+examples+end+after), 0o644))
		case written != examples:
			t.Errorf("%s has other examples, which -update replaces:\n%s", page, examples)
		}
		for _, kind := range []string{audit.Granted, audit.Refused, audit.Failed, audit.Revoked, audit.Expired, audit.Removed, audit.Dropped} {
			if !strings.Contains(examples, `"event":"`+kind+`"`) || !strings.Contains(before+after, "| `"+kind+"` |") {
				t.Errorf("no example or no row of %s", kind)
			}
		}
	})
}

var anyRoleID = regexp.MustCompile(`AROA[A-Z0-9]+`)

// sameIDs numbers the ids of roles, which depend on what AWS makes first of role and
// policy.
func sameIDs(text string) string {
	known := map[string]string{}
	return anyRoleID.ReplaceAllStringFunc(text, func(id string) string {
		if known[id] == "" {
			known[id] = fmt.Sprintf("AROA%017d", len(known)+1)
		}
		return known[id]
	})
}

// examples are one event of each kind, and some that have other members.
func (w *world) examples() string {
	var lines bytes.Buffer
	log := audit.To(&lines, "a buffer", audit.Options{Version: "1.4.0"})
	in := func(o *grants.Options) { o.Audit = log }
	p := w.process(in)

	w.encryptedBucket()
	rec := w.approval("auth0|bob", nil, porttest.RunSpec{Entity: encrypted}, "s3:GetObject", "kms:Decrypt")
	p.succeed(rec)
	w.must(p.handle(w.request(map[string]any{"permissions": []any{"s3:PutObject"}, "duration": "90d", "reason": "migration"})))
	later(time.Hour)
	p.succeed(w.revoke(rec.RunID))

	old := w.short()
	p.succeed(old)
	lines.Truncate(strings.LastIndex(strings.TrimSuffix(lines.String(), "\n"), "\n") + 1) // another like the first
	later(2 * time.Hour)
	w.sweep(p.sweeper())

	forged := w.request(nil)
	forged.Signature = port.SignatureWrong
	if err := p.handle(forged); !isMismatch(err) {
		w.t.Error(err)
	}

	grant := w.granted(w.process(), "8h")
	byHand := w.process(in, func(o *grants.Options) { o.Actor = "arn:aws:sts::" + account + ":assumed-role/OnCall/olga" })
	w.must(byHand.operator().Revoke(w.t.Context(), grant))

	w.aws.Fault(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: 409})
	w.must(p.handle(w.request(nil)))

	return sameIDs(lines.String())
}
