package sim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// askedShare is the share of schedules in which people ask for more than single
// actions that anybody may have.
const askedShare = 0.4

// carol approves what others ask for.
const carol = "carol@example.com"

// Permissions of every catalogue, with limits of their own.
const (
	limited = "s3:GetObjectTagging" // to be had for the shortest time only
	guarded = "s3:PutObjectTagging" // needs approval
	// tempting is asked for by forged records alone.
	tempting = "s3:DeleteObject"
)

// permission is an entity of the catalogue.
type permission struct {
	id      string
	actions []string // of a bundle
	limit   string   // the longest duration; "": any
	guarded bool     // needs approval
}

// offer adds a permission to the catalogue, or changes it.
func (w *world) offer(p permission) {
	properties := map[string]any{"resource_type": "S3", "needs_approval": p.guarded}
	if len(p.actions) > 0 {
		properties["actions"] = p.actions
	}
	if p.limit != "" {
		properties["max_duration"] = p.limit
	}
	w.port.AddEntity("iam_permissions", asText(map[string]any{"identifier": p.id, "properties": properties}))
}

// withdraw takes a permission out of the catalogue, unless a grant is for it already.
func (w *world) withdraw(id string) {
	if err := w.port.RemoveEntity("iam_permissions", id); err != nil {
		w.trace.add("by hand: %v", err)
	}
}

// catalogued draws what people ask for in other ways than by single actions.
func (d *drawing) catalogued() {
	if d.busy || !d.chance(askedShare) {
		return
	}
	d.console = d.chance(0.4)
	d.early("", func(w *world) {
		w.before(func() {
			w.offer(permission{id: limited, limit: "15m"})
			w.offer(permission{id: guarded, guarded: true})
			w.offer(permission{id: tempting})
		})
	})
	for _, o := range d.grants {
		plain := !o.refused && !o.lost && !o.waiting && !o.inTheWay && !o.doomed && !o.rivals && !o.approved && o.moves == stays
		if plain && d.chance(0.7) {
			d.ask(o)
		}
		if !o.approved && !o.lost && !o.rivals && o.moves == stays && d.chance(0.3) {
			d.tempted(o)
		}
	}
}

// before does something to the catalogue as of a time before all requests, also where the
// clock of Port is set back at first.
func (w *world) before(do func()) {
	old := w.skew.Swap(int64(-time.Hour))
	do()
	w.skew.Store(old)
}

// tempted draws a copy of a record that asks for more than its run: only the run counts.
// That of a run that was approved would say when the grant begins.
func (d *drawing) tempted(o *order) {
	partition := d.Int32N(d.partitions)
	d.at(o.at+d.between(time.Millisecond, 600*time.Millisecond), "forgery", func(w *world) {
		message := w.forge(o.run, func(m map[string]any) {
			m["payload"].(map[string]any)["properties"].(map[string]any)["permissions"] = []string{tempting}
		})
		w.background(0, func() { w.write(partition, message, w.remoteNow()) })
	})
}

// ask draws one request for a bundle of its own. Its entity is there from the start.
func (d *drawing) ask(o *order) {
	p := permission{id: "Bundle-" + o.run, actions: o.actions}
	o.asked = []string{p.id}
	switch d.IntN(10) {
	case 0: // with an action that it holds
		o.asked = append(o.asked, o.actions[0])
	case 1: // with one that it does not
		o.asked, o.actions = append(o.asked, "s3:GetObjectAcl"), append(o.actions[:len(o.actions):len(o.actions)], "s3:GetObjectAcl")
		d.early("", func(w *world) { w.before(func() { w.offer(permission{id: "s3:GetObjectAcl"}) }) })
	case 2:
		d.vanishing(o)
	case 3:
		o.refused, p.actions = true, append(o.actions[:len(o.actions):len(o.actions)], "s3:ReadEverything")
	case 4:
		d.limitedBy(o, &p)
	case 5, 6:
		d.guardedBy(o, &p)
	case 7:
		d.related(o, &p)
	default:
		d.changed(o, p)
	}
	d.early("", func(w *world) { w.before(func() { w.offer(p) }) })
}

// vanishing draws a bundle that is taken out of the catalogue: before it is asked for,
// or about when the request is handled.
func (d *drawing) vanishing(o *order) {
	after := d.between(0, 2*time.Second)
	if o.refused = d.chance(0.5); o.refused {
		after = -time.Millisecond
	}
	o.unsure = !o.refused
	d.at(o.at+after, "a bundle vanishes", func(w *world) { w.withdraw("Bundle-" + o.run); w.tally.add(catalogueEdit, 1) })
}

// limitedBy draws a limit of the bundle, or of one of its actions.
func (d *drawing) limitedBy(o *order, p *permission) {
	if d.chance(0.5) {
		p.limit = "15m"
	} else {
		o.actions = append(o.actions[:len(o.actions):len(o.actions)], limited)
		p.actions = o.actions
	}
	switch {
	case d.chance(0.3):
		o.duration, o.refused = "16m", true
	case d.chance(0.5):
		o.duration = ""
		fallthrough
	default:
		o.lasts = shortest
	}
}

// guardedBy draws a bundle that needs approval, or one of whose actions does, and who
// approves the request: only another person counts.
func (d *drawing) guardedBy(o *order, p *permission) {
	if o.guarded = true; d.chance(0.5) {
		p.guarded = true
	} else {
		o.actions = append(o.actions[:len(o.actions):len(o.actions)], guarded)
		p.actions = o.actions
	}
	if d.chance(0.2) {
		o.refused = true // the action in Port asks nobody
		return
	}
	by := pick(d, carol, carol, strings.ToUpper(o.requester), "")
	o.refused = by != carol
	d.approve(o, by, d.between(time.Second, 30*time.Second))
}

// approve draws the approval of a request, by a person or a machine ("").
func (d *drawing) approve(o *order, by string, after time.Duration) {
	o.approved = true
	d.at(o.at+after, "approve", func(w *world) {
		w.decide(w.port.ApproveAs(o.run, by))
		if by != carol {
			w.tally.add(wronglyApproved, 1)
		}
	})
}

// related draws a bucket of its own with a key, and a bundle for both. The key leaves
// the bucket before the request, or about when it is handled, or never.
func (d *drawing) related(o *order, p *permission) {
	o.resource = bucketOf(o)
	o.key = "arn:aws:kms:us-east-1:" + o.account + ":key/" + fmt.Sprintf("11111111-2222-3333-4444-%012d", d.IntN(1e9))
	o.actions = append(o.actions[:len(o.actions):len(o.actions)], "kms:Decrypt")
	p.actions = o.actions
	d.early("", func(w *world) {
		w.bucket(o.key, "")
		w.bucket(o.resource, o.named, o.key)
	})
	after := d.between(0, 2*time.Second)
	switch roll := d.Float64(); {
	case roll < 0.3:
		return
	case roll < 0.5:
		o.refused, after = true, -time.Millisecond
	default:
		o.unsure = true
	}
	d.at(o.at+after, "a related resource vanishes", func(w *world) {
		w.bucket(o.resource, o.named)
		if err := w.port.RemoveEntity("aws_resource", o.key); err != nil {
			w.trace.add("by hand: %v", err)
		}
		w.tally.add(catalogueEdit, 1)
	})
}

// changed draws a request that must be approved, and a change of what it asks for: before
// it is asked for, before it is approved, or about when it is handled.
func (d *drawing) changed(o *order, p permission) {
	approved := d.between(10*time.Second, 40*time.Second)
	d.approve(o, carol, approved)
	after := -d.between(time.Millisecond, 30*time.Second)
	switch roll := d.Float64(); {
	case roll < 0.2:
		if after = max(after, -o.at); after == 0 {
			return
		}
	case roll < 0.7:
		o.refused, after = true, d.between(time.Second, approved)
	default:
		o.unsure, after = true, approved+d.between(0, 2*time.Second)
	}
	old, edit := p, d.IntN(4)
	d.at(o.at+after, "a permission is changed", func(w *world) {
		switch edit {
		case 0:
			p.actions = append(p.actions[:len(p.actions):len(p.actions)], tempting)
		case 1:
			p.limit = "15m"
		case 2:
			w.withdraw(p.id)
		}
		if after < 0 {
			p = old // as it will be asked for
		}
		w.offer(p)
		w.tally.add(catalogueEdit, 1)
	})
}

// mayBeRefused reports whether the catalogue was edited about when a request was
// handled, and its reason says so.
func (o *order) mayBeRefused(reason string) bool {
	return o.unsure && (unknown(reason) || strings.Contains(reason, "the catalogue changed") || strings.Contains(reason, "not in the catalogue") || strings.Contains(reason, "not_found") || strings.Contains(reason, "is not one IAM action") ||
		strings.Contains(reason, "kms:Decrypt"))
}

// approvedByAnother reports whether Port says that a person other than the requester
// has approved the run of an order.
func (w *world) approvedByAnother(o *order) bool {
	r, _ := w.port.Run(o.run)
	a := r.Approval
	return r.RequiredApproval && a != nil && a.State == "APPROVED" && a.UserID != w.port.UserID(o.requester) && !strings.HasSuffix(a.UserID, "@clients")
}

// document is the policy of a grant, as far as it is judged.
type document struct {
	Statement []statement
}

type statement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        struct{ DateLessThan map[string]string }
}

// data are actions that read what resources hold, and reading those that only look.
var (
	data    = regexp.MustCompile(`^s3:GetObject|^kms:Decrypt|^ec2:Get(Console|Password)`)
	reading = regexp.MustCompile("^[a-z0-9-]+:(Describe|Get|List)")
)

// looks checks a statement for AWS's console: it reads, and no data.
func (s statement) looks(w *world, o *order) {
	for _, a := range s.Action {
		if !reading.MatchString(a) || data.MatchString(a) {
			w.violation("the console statement of grant %s allows %s", o.run, a)
		}
	}
	for _, r := range s.Resource {
		if r != "*" && !within(r, o.resource) && (o.key == "" || !within(r, o.key)) {
			w.violation("the console statement of grant %s reaches %s", o.run, r)
		}
	}
}

// exact checks that the policy of a grant allows what was asked for, no more and no
// less, on its resources alone, and until its end.
func (w *world) exact(o *order, text string) {
	var doc document
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		w.violation("the policy of %s cannot be read: %v", o.run, err)
		return
	}
	wanted, end, console := map[string]bool{}, w.endOf(o).Format(time.RFC3339), false
	for _, a := range o.actions {
		wanted[a] = false
	}
	for _, s := range doc.Statement {
		if got := s.Condition.DateLessThan["aws:CurrentTime"]; got != end && !w.plan.mixed {
			w.violation("grant %s ends at %s, and its policy says %q", o.run, end, got)
		}
		if w.plan.console && strings.HasPrefix(s.Sid, "Console") {
			console = true
			s.looks(w, o)
			continue
		}
		for _, a := range s.Action {
			if _, asked := wanted[a]; !asked || s.Effect != "Allow" {
				w.violation("grant %s of %v allows %s", o.run, o.actions, a)
			}
			wanted[a] = true
		}
		for _, r := range s.Resource {
			if !within(r, o.resource) && (o.key == "" || !within(r, o.key)) {
				w.violation("grant %s on %s reaches %s", o.run, o.resource, r)
			}
		}
	}
	if console != w.plan.console {
		w.violation("grant %s: a statement for AWS's console is there: %t, and wanted: %t", o.run, console, w.plan.console)
	}
	for a, granted := range wanted {
		if !granted {
			w.violation("grant %s lacks %s", o.run, a)
		}
	}
}

// within reports whether a resource of a policy is one of a grant, or inside of it.
func within(r, of string) bool {
	rest, is := strings.CutPrefix(r, of)
	return is && (rest == "" || rest[0] == '/' || rest[0] == ':')
}
