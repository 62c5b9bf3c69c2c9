package grants_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
	"port-iam/port/porttest"
)

// permission puts a permission for the sample bucket into the catalogue in Port, with
// these further properties.
func (w *world) permission(id, properties string) {
	w.t.Helper()
	w.port.AddEntity("iam_permissions", fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":"S3"%s}}`, id, properties))
}

// approved plays a request for permissions of the bucket that a person approves.
func (s *stage) approved(by string, meanwhile func(), permissions ...any) (run string) {
	return s.approvedBy(by, meanwhile, alice, permissions...)
}

func (s *stage) approvedBy(by string, meanwhile func(), requester string, permissions ...any) (run string) {
	return s.handle(s.process(), s.approval(by, meanwhile, porttest.RunSpec{Requester: requester}, permissions...))
}

// givenBundles are grants of bundles, and of permissions with limits.
func givenBundles() []play {
	return []play{
		{name: "of a bundle and one of its actions", f: func(s *stage) string {
			s.permission("s3-read", `,"actions":["s3:listbucket","s3:GetObject"],"max_duration":"2h"`)
			s.permission("s3:GetObject", `,"max_duration":"30m"`)
			return s.asks(map[string]any{"permissions": []any{"s3-read", "s3:GetObject"}})
		}},
		{name: "of what needs approval, and has it", f: func(s *stage) string {
			s.permission("s3-write", `,"actions":["s3:PutObject"],"needs_approval":true`)
			return s.approved("bob@example.com", nil, "s3-write")
		}},
	}
}

// refusedOffers are requests for what the catalogue offers otherwise than asked for.
func refusedOffers() []play {
	wrong := func(properties string) func(*stage) string {
		return func(s *stage) string {
			s.otherBlueprint("iam_permissions", `"resource_type":{"type":"string"},"actions":{"type":"array"},"max_duration":{"type":"string"},"needs_approval":{"type":"string"}`, "")
			s.permission("s3-read", properties)
			return s.asks(map[string]any{"permissions": []any{"s3-read"}})
		}
	}
	needs := func(by, requester string, change ...func(*grants.Options)) func(*stage) string {
		return func(s *stage) string {
			s.permission("s3-write", `,"actions":["s3:PutObject"],"needs_approval":true`)
			rec := s.approval(by, nil, porttest.RunSpec{Requester: requester}, "s3-write")
			return s.handle(s.process(change...), rec)
		}
	}
	return []play{
		{name: "a bundle holds what is no action", f: wrong(`,"actions":["s3:Get*","s3:GetObject"]`)},
		{name: "a bundle holds nothing in one place", f: wrong(`,"actions":["s3:GetObject",""]`)},
		{name: "a bundle holds no texts", f: wrong(`,"actions":[1]`)},
		{name: "a bundle is empty", f: wrong(`,"actions":[]`)},
		{name: "a bundle is too large", f: wrong(`,"actions":[` + strings.Repeat(`"s3:GetObject",`, 200) + `"s3:PutObject"]`)},
		{name: "a request is too large", f: func(s *stage) string {
			var asked []any
			for i := range 501 {
				asked = append(asked, fmt.Sprintf("s3-%d", i))
			}
			return s.asks(map[string]any{"permissions": asked})
		}},
		{name: "an action is called by the name of another one", f: func(s *stage) string {
			s.permission("s3:GetObject", `,"actions":["s3:DeleteObject"]`)
			return s.asks(map[string]any{"permissions": []any{"s3:GetObject"}})
		}},
		{name: "the longest duration of a permission is none", f: wrong(`,"max_duration":"long"`)},
		{name: "whether a permission needs approval is not said", f: wrong(`,"needs_approval":"yes"`)},
		{name: "the duration is longer than the permission may be had for", f: func(s *stage) string {
			s.permission("s3-read", `,"actions":["s3:GetObject"],"max_duration":"2h"`)
			return s.asks(map[string]any{"permissions": []any{"s3-read"}, "duration": "3h"})
		}},
		{name: "the requester is no user of Identity Center", f: func(s *stage) string {
			return s.asks(nil, func(o *grants.Options) { o.Users = noUser{} })
		}},
		{name: "nobody has to approve what needs approval", f: func(s *stage) string {
			s.permission("s3-write", `,"actions":["s3:PutObject"],"needs_approval":true`)
			return s.asks(map[string]any{"permissions": []any{"s3-write"}})
		}},
		{name: "the requester approved it", f: needs(alice, alice)},
		{name: "a machine approved it", f: needs("", alice)},
		{name: "Port does not say who asked for what was approved", f: func(s *stage) string {
			s.permission("s3-write", `,"actions":["s3:PutObject"],"needs_approval":true`)
			s.answering(`"createdBy":`, `"madeBy":`)
			return s.approved("bob@example.com", nil, "s3-write")
		}},
		{name: "Port says that the approval was declined", f: func(s *stage) string {
			s.permission("s3-write", `,"actions":["s3:PutObject"],"needs_approval":true`)
			s.answering(`"APPROVED"`, `"DECLINED"`)
			return s.approved("bob@example.com", nil, "s3-write")
		}},
		{name: "the daemon believes what records say, and it needs approval", f: needs("bob@example.com", alice, func(o *grants.Options) { o.ConfirmRequester = false })},
		{name: "the bundle was changed before it was approved", f: func(s *stage) string {
			s.permission("s3-read", `,"actions":["s3:GetObject"]`)
			return s.approved("bob@example.com", func() { s.permission("s3-read", `,"actions":["s3:GetObject","s3:PutObject"]`) }, "s3-read")
		}},
		{name: "Port does not say when it was changed, and it needs approval", f: func(s *stage) string {
			s.permission("s3-write", `,"actions":["s3:PutObject"],"needs_approval":true`)
			s.answering(`"updatedAt":`, `"changedAt":`)
			return s.approved("bob@example.com", nil, "s3-write")
		}},
	}
}

// noUser knows nobody.
type noUser struct{}

func (noUser) User(_ context.Context, email string) (iamops.User, error) {
	return iamops.User{}, &iamops.Error{Op: "look up a user", Kind: iamops.KindUser, Err: fmt.Errorf("%q has no user in IAM Identity Center: ask the platform team to provision one with this e-mail, letter case included, or start the action as the user of Port whose e-mail is known there", email)}
}

// approval is the record of a request that a person approved after an hour.
func (w *world) approval(by string, meanwhile func(), spec porttest.RunSpec, permissions ...any) port.Record {
	w.t.Helper()
	later(time.Minute) // the catalogue is older than the request
	spec.Action, spec.RequiredApproval = grantAction, true
	spec.Entity, spec.Requester = or(spec.Entity, bucket, "none"), or(spec.Requester, alice, "nobody")
	spec.Properties = map[string]any{"permissions": permissions}
	rec := w.start(spec)
	later(time.Hour)
	if meanwhile != nil {
		meanwhile()
	}
	w.must(w.port.ApproveAs(rec.RunID, by))
	rec.Time = time.Now()
	return rec
}
