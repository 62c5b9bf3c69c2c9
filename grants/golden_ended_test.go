package grants_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/iamops/iamtest"
	"port-iam/port/porttest"
)

// given are requests that end well.
func given() []play {
	return []play{
		{name: "for some hours", f: func(s *stage) string {
			return s.asks(map[string]any{"permissions": []any{"s3:PutObject", "s3:ListBucket"}, "duration": "1h", "reason": "monthly\nreport"})
		}},
		{name: "until it is revoked", f: func(s *stage) string {
			return s.asks(nil, func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 })
		}},
	}
}

// expiry plays the automation on the grant of a run.
func (s *stage) expiry(p *process, grantRun string) (run string) {
	return s.handle(p, s.start(porttest.RunSpec{Action: expireAction, Blueprint: grantEntity, Entity: iamops.Name(grantRun)}))
}

// revokes plays a grant, what happens to it then, and its revocation.
func (s *stage) revokes(then func(p *process, grantRun string)) (run string) {
	p, rec := s.process(), s.request(nil)
	p.succeed(rec)
	then(p, rec.RunID)
	return s.handle(p, s.revoke(rec.RunID))
}

// revocation is a play of revokes with these faults of AWS.
func revocation(faults ...iamtest.Fault) func(*stage) string {
	return func(s *stage) string {
		return s.revokes(func(*process, string) {
			for _, f := range faults {
				f.Count = -1
				s.aws.Fault(f)
			}
		})
	}
}

// taken are removals that end well.
func taken() []play {
	return []play{
		{name: "a person revokes", f: revocation()},
		{name: "a program revokes in the name of a person", f: func(s *stage) string {
			p, rec := s.process(), s.request(nil)
			p.succeed(rec)
			return s.handle(p, s.start(porttest.RunSpec{Action: revokeAction, Entity: iamops.Name(rec.RunID), Requester: alice, ImpersonatedBy: "bot@clients"}))
		}},
		{name: "a machine revokes", f: func(s *stage) string {
			p, rec := s.process(), s.request(nil)
			p.succeed(rec)
			return s.handle(p, s.start(porttest.RunSpec{Action: revokeAction, Entity: iamops.Name(rec.RunID)}))
		}},
		{name: "its time is over", f: func(s *stage) string {
			p, rec := s.process(), s.short()
			p.succeed(rec)
			later(time.Hour)
			return s.expiry(p, rec.RunID)
		}},
		{name: "it is gone already", f: func(s *stage) string { return s.handle(s.process(), s.revoke("r_0000000000000000")) }},
		{name: "its entity names another role", f: func(s *stage) string {
			return s.revokes(func(_ *process, run string) {
				s.setEntity(iamops.Name(run), "role_arn", "arn:aws:iam::999999999999:role/other")
			})
		}},
		{name: "the request, revoked before it was complete", f: func(s *stage) string {
			p, rec := s.process(), s.request(nil)
			s.crashAt(p, rec, "entity_upsert")
			p.succeed(s.revoke(rec.RunID))
			return rec.RunID
		}},
	}
}

// trouble is a play of a request with this fault of AWS.
func trouble(f iamtest.Fault) func(*stage) string {
	return func(s *stage) string {
		f.Count = -1
		s.aws.Fault(f)
		return s.asks(nil)
	}
}

var (
	noRight  = iamtest.Fault{Code: "AccessDenied", Status: http.StatusForbidden, Message: "User: arn:aws:sts::123456789012:assumed-role/PortIam/pod is not authorized"}
	notThere = iamtest.Fault{Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable, Message: "Service is unavailable"}
	tooMany  = iamtest.Fault{Code: "Throttling", Status: http.StatusBadRequest, Message: "Rate exceeded"}
)

func always(f iamtest.Fault) iamtest.Fault {
	f.Count = -1
	return f
}

func during(op string, f iamtest.Fault) iamtest.Fault {
	f.Op = op
	return f
}

// failed are requests that are allowed and cannot be carried out.
func failed() []play {
	return []play{
		{name: "AWS refuses the daemon a right", f: trouble(during("CreateRole", noRight))},
		{name: "AWS refuses the daemon the last right", f: trouble(during("AttachRolePolicy", noRight))},
		{name: "the boundary is missing", f: func(s *stage) string {
			_, err := s.admin().DeletePolicy(context.Background(), &iam.DeletePolicyInput{PolicyArn: aws.String(boundary)})
			s.must(err)
			return s.asks(nil)
		}},
		{name: "the boundary cannot be attached", f: trouble(during("CreateRole", iamtest.Fault{Code: "PolicyNotAttachable", Status: http.StatusBadRequest, Message: "Policy is not attachable.", Count: -1}))},
		{name: "a quota is used up", f: trouble(iamtest.Fault{Op: "CreateRole", Code: "LimitExceeded", Status: http.StatusConflict, Message: "Cannot exceed quota for RolesPerAccount: 1000"})},
		{name: "AWS refuses the document", f: trouble(iamtest.Fault{Op: "CreatePolicy", Code: "MalformedPolicyDocument", Status: http.StatusBadRequest, Message: "Syntax errors in policy."})},
		{name: "the name belongs to something else", f: func(s *stage) string {
			rec := s.request(nil)
			s.aws.AddRoleSession("/port-iam/", iamops.Name(rec.RunID), "mallory")
			return s.handle(s.process(), rec)
		}},
		{name: "the name belongs to something else, in other letters", f: func(s *stage) string {
			rec := s.request(nil)
			s.aws.AddRoleSession("/port-iam/", strings.ToUpper(iamops.Name(rec.RunID)), "mallory")
			return s.handle(s.process(), rec)
		}},
		{name: "the name belongs to something else, elsewhere", f: func(s *stage) string {
			rec := s.request(nil)
			s.aws.AddRoleSession("/other/", iamops.Name(rec.RunID), "mallory")
			return s.handle(s.process(), rec)
		}},
		{name: "another instance with other settings made it", f: func(s *stage) string { return s.otherSettings() }},
		{name: "AWS throttles for ten minutes", f: trouble(tooMany)},
		{name: "AWS is away for ten minutes", f: trouble(notThere)},
		{name: "AWS does not show the role", f: trouble(iamtest.Fault{Op: "AttachRolePolicy", Code: "NoSuchEntity", Status: http.StatusNotFound, Message: "The role cannot be found."})},
		{name: "Port refuses the entity", f: func(s *stage) string {
			s.port.Fault(porttest.Fault{Route: "entity_upsert", Status: http.StatusUnprocessableEntity, Count: -1})
			return s.asks(nil)
		}},
		{name: "Port refuses to give the resource", f: func(s *stage) string {
			s.port.Fault(porttest.Fault{Route: "entity_get", ID: bucket, Status: http.StatusUnprocessableEntity, Count: -1})
			return s.asks(nil)
		}},
		{name: "Port gives the inputs in another form", f: func(s *stage) string { return s.unreadable("properties", `[]`) }},
		{name: "Port does not say when the run was made", f: func(s *stage) string { return s.unreadable("createdAt", `null`) }},
		{name: "the record is lost", f: func(s *stage) string { return s.lost(s.process(), s.request(nil).RunID) }},
	}
}

// otherSettings plays a request that instances with different settings work on.
func (s *stage) otherSettings() (run string) {
	rec := s.request(nil)
	s.crashAt(s.process(), rec, "entity_upsert")
	return s.handle(s.process(func(o *grants.Options) { o.Duration = time.Hour }), rec)
}

// unreadable plays a request whose run has a member in another form.
func (s *stage) unreadable(member, form string) (run string) {
	rec := s.request(nil)
	s.rewrite(rec.RunID, member, form)
	return s.handle(s.process(), rec)
}

// lost plays what the sweep does about a run whose record never comes.
func (s *stage) lost(p *process, run string) string {
	sweeper := p.sweeper()
	for range 4 {
		s.sweep(sweeper)
		later(sweepInterval)
	}
	for _, d := range p.Recent() {
		s.page.said = append(s.page.said, d.Summary)
	}
	return run
}

// refusedRevocations are removals of what is not to be removed.
func refusedRevocations() []play {
	revokes := func(blueprint, entity string) func(*stage) string {
		return func(s *stage) string {
			return s.handle(s.process(), s.start(porttest.RunSpec{Action: revokeAction, Blueprint: blueprint, Entity: entity, Requester: alice}))
		}
	}
	return []play{
		{name: "it is started on nothing", f: revokes("", "")},
		{name: "it is started on another blueprint", f: revokes("aws_resource", bucket)},
		{name: "the entity is not a grant of ours", f: revokes(grantEntity, "Break-glass")},
		{name: "the grant is of another account", f: func(s *stage) string {
			s.port.AddEntity(grantEntity, `{"identifier":"Permission-r_1","properties":{"role_arn":"arn:aws:iam::999999999999:role/port-iam/Permission-r_1"}}`)
			return s.handle(s.process(), s.revoke("r_1"))
		}},
		{name: "expiry: before the end", f: func(s *stage) string {
			p, rec := s.process(), s.short()
			p.succeed(rec)
			return s.expiry(p, rec.RunID)
		}},
		{name: "expiry: without an end", f: func(s *stage) string {
			p, rec := s.process(func(o *grants.Options) { o.Duration, o.MaxDuration = 0, 0 }), s.request(nil)
			p.succeed(rec)
			return s.expiry(p, rec.RunID)
		}},
		{name: "expiry: of a grant that is being made", f: func(s *stage) string {
			return s.expiry(s.process(), s.request(nil).RunID)
		}},
	}
}

// failedRevocations are removals that are not complete.
func failedRevocations() []play {
	conflict := func(what string) iamtest.Fault {
		return iamtest.Fault{Op: "DeleteRole", Code: "DeleteConflict", Status: http.StatusConflict, Message: what}
	}
	return []play{
		{name: "AWS refuses the daemon the rights to cut", f: revocation(during("PutRolePolicy", noRight), during("DetachRolePolicy", noRight))},
		{name: "AWS refuses the Deny and does not show the policies of the role", f: revocation(during("PutRolePolicy", noRight), during("ListAttachedRolePolicies", noRight))},
		{name: "AWS is away for fifteen minutes", f: revocation(notThere)},
		{name: "AWS is away after the cut", f: revocation(during("DeleteRole", notThere))},
		{name: "AWS refuses to delete the role", f: revocation(during("DeleteRole", noRight))},
		{name: "the role is in an instance profile", f: revocation(conflict("Cannot delete entity, must remove roles from instance profile first."))},
		{name: "something unknown keeps the role", f: revocation(conflict("Cannot delete entity, must detach all policies first."))},
		{name: "the policy is attached elsewhere", f: func(s *stage) string { return s.revokes(func(_ *process, run string) { s.lend(run) }) }},
		{name: "the role is not ours", f: func(s *stage) string {
			rec := s.request(nil)
			s.aws.AddRoleSession("/port-iam/", iamops.Name(rec.RunID), "mallory")
			return s.handle(s.process(), s.revoke(rec.RunID))
		}},
		{name: "the policy is not ours", f: func(s *stage) string {
			return s.revokes(func(_ *process, run string) { s.retagPolicy(iamops.Name(run)) })
		}},
		{name: "Port refuses to delete the entity", f: func(s *stage) string {
			return s.revokes(func(*process, string) {
				s.port.Fault(porttest.Fault{Route: "entity_delete", Status: http.StatusUnprocessableEntity, Count: -1})
			})
		}},
		{name: "Port refuses the end of the grant's run", f: func(s *stage) string {
			p, rec := s.process(), s.request(nil)
			s.crashAt(p, rec, "AttachRolePolicy")
			for _, route := range []string{"run_log", "run_patch"} {
				s.port.Fault(porttest.Fault{Route: route, ID: rec.RunID, Status: http.StatusUnprocessableEntity, Count: -1})
			}
			return s.handle(p, s.revoke(rec.RunID))
		}},
		{name: "Port does not give the grant's run", f: func(s *stage) string {
			p, rec := s.process(), s.request(nil)
			s.crashAt(p, rec, "AttachRolePolicy")
			s.port.Fault(porttest.Fault{Route: "run_get", ID: rec.RunID, Status: http.StatusInternalServerError, Count: -1})
			return s.handle(p, s.revoke(rec.RunID))
		}},
		{name: "the run of the grant is of another action", f: func(s *stage) string {
			other := s.port.StartRun(porttest.RunSpec{Action: "deploy_service", Requester: alice})
			s.port.AddEntity(grantEntity, fmt.Sprintf(`{"identifier":%q,"properties":{}}`, iamops.Name(other)))
			s.setEntity(iamops.Name(other), "role_arn", "arn:aws:iam::"+account+":role/port-iam/"+iamops.Name(other))
			return s.handle(s.process(), s.revoke(other))
		}},
		{name: "the record of an expiry is lost", f: func(s *stage) string {
			return s.lost(s.process(), s.port.StartRun(porttest.RunSpec{Action: expireAction}))
		}},
	}
}

// waiting are runs that wait.
func waiting() []play {
	return []play{
		{name: "AWS is away", f: func(s *stage) string {
			back := s.aws.Fault(during("CreateRole", always(notThere)))
			time.AfterFunc(time.Minute, back)
			return s.asks(nil)
		}, waits: "Waiting for AWS"},
		{name: "Port is away", f: func(s *stage) string {
			back := s.port.Fault(porttest.Fault{Route: "entity_upsert", Status: http.StatusServiceUnavailable, Count: -1})
			time.AfterFunc(time.Minute, back)
			return s.asks(nil)
		}, waits: "Waiting for Port"},
		{name: "many requests are before it", f: func(s *stage) string {
			p, rec := s.process(), s.request(nil)
			j := p.job(rec)
			later(time.Minute)
			s.must(p.finish(context.Background(), j))
			return rec.RunID
		}, waits: "Waiting for other requests"},
		{name: "another instance works on it", f: func(s *stage) string { return s.otherSettings() }, waits: "Waiting for another copy of this request"},
		{name: "the clock is wrong", f: func(s *stage) string {
			skew := -2 * time.Minute
			p := s.process(func(o *grants.Options) { o.ClockSkew = func() (time.Duration, bool) { return skew, true } })
			rec := s.request(nil)
			j := p.job(rec)
			_ = j.Attempt(context.Background())
			later(time.Minute)
			skew = 0
			s.must(p.finish(context.Background(), j))
			return rec.RunID
		}, waits: "Waiting for a correct clock"},
	}
}
