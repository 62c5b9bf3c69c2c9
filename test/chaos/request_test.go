package chaos

import (
	"fmt"
	"time"

	"port-iam/port/porttest"
	"port-iam/test/kit/daemontest"
)

const (
	alice   = "alice@example.com"
	bob     = "bob.o-brien+aws@example.com"
	mallory = "mallory@example.com"

	bucket = porttest.SampleBucket
)

// nowhere is a bucket of which nobody says in which account it is.
const nowhere = "arn:aws:s3:::nobodys-s3-bucket"

// buckets and machines are the resources, by account. The ARN of a bucket names none, and
// its entity does.
var (
	buckets  = map[string]string{daemontest.Account: bucket, daemontest.Member: daemontest.MemberBucket}
	machines = map[string]string{
		daemontest.Account: fmt.Sprintf(porttest.SampleInstance, daemontest.Account), daemontest.Member: daemontest.MemberInstance,
	}
)

// grant draws a request, and what follows it.
func (d *drawing) grant(turn float64) {
	o := &order{kind: kindGrant, requester: pick(d, alice, alice, bob), account: pick(d, accounts()...)}
	data, machine := buckets[o.account], machines[o.account]
	o.resource = data
	switch d.IntN(4) {
	case 0:
		o.actions = map[string]string{"s3:PutObject": data + "/*"}
	case 1:
		o.actions = map[string]string{"s3:GetObject": data + "/*", "s3:ListBucket": data}
	case 2:
		o.actions = map[string]string{"s3:GetObject": data + "/*"}
	default:
		o.resource = machine
		o.actions = map[string]string{"ec2:StopInstances": machine, "ec2:StartInstances": machine}
	}
	for _, a := range []string{"s3:PutObject", "s3:GetObject", "s3:ListBucket", "ec2:StopInstances", "ec2:StartInstances"} {
		if o.actions[a] != "" {
			o.asked = append(o.asked, a)
		}
	}
	o.duration, o.lasts = "", 8*time.Hour
	if d.chance(0.4) {
		o.duration, o.lasts = pick(d, "15m", "90m"), 15*time.Minute
		if o.duration == "90m" {
			o.lasts = 90 * time.Minute
		}
	}
	// Each special kind comes by turns, so that few runs hold them all.
	d.grants++
	switch d.grants % 16 {
	case 2:
		o.refused, o.asked = true, append(o.asked, map[bool]string{true: "ec2:StopInstances", false: "s3:PutObject"}[o.resource == data])
	case 3:
		o.refused, o.account, o.resource, o.asked = true, "", nowhere, []string{"s3:GetObject"}
	case 5:
		o.lost = true
	case 8:
		o.inTheWay = true
	case 11:
		o.refused, o.duration = true, "25h"
	case 14:
		o.refused, o.requester = true, ""
	}
	d.add("g", o)
	forged := d.drawForgery(o)
	d.start(turn, o, forged)
	d.follow(turn, o)
}

// follow draws who takes a grant away, and when.
func (d *drawing) follow(turn float64, o *order) {
	revoke := func(turn float64) {
		r := d.add("v", &order{kind: kindRevoke, requester: alice, target: o, entity: o.name(), lost: d.chance(0.04)})
		d.start(turn, r, nil)
	}
	switch roll := d.Float64(); {
	case !o.grantable() && d.chance(0.7): // what is not there has to be looked for long
	case roll < 0.12: // while it is being made
		revoke(turn + d.between(0, 3))
	case roll < 0.55:
		revoke(turn + d.between(5, 60))
	case roll < 0.60: // twice, and perhaps at once
		at := turn + d.between(0, 60)
		revoke(at)
		revoke(at + d.between(0, 5))
	case roll < 0.65 && !o.inTheWay:
		d.operator(turn+d.between(0, 60), o)
	case roll < 0.75 && o.grantable():
		d.early(turn+d.between(10, 60), o)
	}
}

// early draws a run of Port's timer that comes before its time. Asked for
// before there is a grant, it would stop the grant, so it waits for it.
func (d *drawing) early(turn float64, target *order) {
	o := d.add("x", &order{kind: kindExpire, target: target, entity: target.name()})
	form := d.form()
	partition := d.partition()
	d.at(turn, func(w *world) {
		w.when("run "+target.run+" has ended", func() bool {
			r, _ := w.Port.Run(target.run)
			return r.Ended() && !w.brokerDown // which nothing starts while a record waits for it
		}, func() {
			if r, _ := w.Port.Run(target.run); r.Status == "SUCCESS" {
				w.place(o)
				w.write(partition, w.Port.Message(o.run, form))
			}
		})
	})
}

// foreign draws a run that is none of our business.
func (d *drawing) foreign(turn float64) {
	o := d.add("f", &order{kind: kindForeign, requester: bob})
	d.start(turn, o, nil)
}

// noise draws a revocation of something that is not ours, or a record without a
// run.
func (d *drawing) noise(turn float64) {
	text := func(format string, args ...any) {
		partition := d.partition()
		d.at(turn, func(w *world) { w.write(partition, fmt.Appendf(nil, format, args...)) })
	}
	d.noises++
	switch d.noises % 9 {
	case 0:
		text("no JSON that names %s", daemontest.GrantAction)
	case 1:
		text(`{"action":%q,"resourceType":"run","context":{"runId":"r_nobody","entity":%q},"trigger":{"by":{"user":{"email":%q}}},"payload":{}}`, daemontest.GrantAction, bucket, mallory)
	case 2:
		text(`{"action":%q,"resourceType":"run","context":{"runId":"wfnr_0000000000000000"},"payload":{}}`, daemontest.GrantAction)
	case 3:
		text(`{"action":%q,"resourceType":"run","context":{"runId":"r_1"},"diff":{},"payload":{}}`, daemontest.RevokeAction)
	case 4:
		text(`[%q]`, daemontest.RevokeAction)
	case 5:
		o := d.add("x", &order{kind: kindExpire, entity: otherAccount, refused: true})
		d.start(turn, o, nil)
	default:
		entity := pick(d, foreignRole, "by-hand", otherAccount)
		o := d.add("v", &order{kind: kindRevoke, requester: alice, entity: entity, refused: true})
		d.start(turn, o, nil)
	}
}
