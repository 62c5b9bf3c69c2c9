package grants_test

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"port-iam/iamops"
	"port-iam/iamops/catalogue"
)

// differing are requests of which an attempt has made role and policy, which another
// hand has changed before the next attempt.
func differing() []play {
	changed := func(name string, change func(ctx context.Context, a *iam.Client, grant *string) error) play {
		return play{name: name, f: func(s *stage) string {
			rec := s.request(nil)
			s.crashAt(s.process(), rec, "entity_upsert")
			s.must(change(context.Background(), s.admin(), aws.String(iamops.Name(rec.RunID))))
			return s.handle(s.process(), rec)
		}}
	}
	policy := func(grant *string) *string {
		return aws.String("arn:aws:iam::" + account + ":policy/port-iam/" + *grant)
	}
	const (
		everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
		everybody  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
	)
	return []play{
		changed("a program tags roles by itself", func(ctx context.Context, a *iam.Client, grant *string) error {
			_, err := a.TagRole(ctx, &iam.TagRoleInput{RoleName: grant, Tags: []types.Tag{{Key: aws.String("cost"), Value: aws.String("1")}}})
			return err
		}),
		changed("the role has an inline policy", func(ctx context.Context, a *iam.Client, grant *string) error {
			_, err := a.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: grant, PolicyName: aws.String("more"), PolicyDocument: aws.String(everything)})
			return err
		}),
		changed("another policy is attached to the role", func(ctx context.Context, a *iam.Client, grant *string) error {
			_, err := a.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: grant, PolicyArn: aws.String(boundary)})
			return err
		}),
		changed("the role has lost its boundary", func(ctx context.Context, a *iam.Client, grant *string) error {
			_, err := a.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: grant})
			return err
		}),
		changed("the role trusts others", func(ctx context.Context, a *iam.Client, grant *string) error {
			_, err := a.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: grant, PolicyDocument: aws.String(everybody)})
			return err
		}),
		changed("sessions of the role last differently, because an earlier version made it", func(ctx context.Context, a *iam.Client, grant *string) error {
			got, err := a.GetRole(ctx, &iam.GetRoleInput{RoleName: grant})
			if err != nil {
				return err
			}
			if _, err := a.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: grant}); err != nil {
				return err
			}
			r := got.Role
			trust, err := url.PathUnescape(*r.AssumeRolePolicyDocument)
			if err != nil {
				return err
			}
			_, err = a.CreateRole(ctx, &iam.CreateRoleInput{
				RoleName: grant, Path: r.Path, Description: r.Description, AssumeRolePolicyDocument: &trust, Tags: r.Tags,
				PermissionsBoundary: r.PermissionsBoundary.PermissionsBoundaryArn,
			})
			return err
		}),
		changed("the policy allows something else", func(ctx context.Context, a *iam.Client, grant *string) error {
			_, err := a.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: policy(grant), PolicyDocument: aws.String(everything), SetAsDefault: true})
			return err
		}),
	}
}

// unallowed are revocations for which AWS refuses the daemon a right.
func unallowed() (plays []play) {
	for _, op := range []string{"ListRolePolicies", "ListAttachedRolePolicies", "GetPolicy", "ListPolicyVersions"} {
		plays = append(plays, play{name: "AWS refuses the daemon " + op, f: revocation(during(op, noRight))})
	}
	lent := func(ops ...string) func(*stage) string {
		return func(s *stage) string {
			return s.revokes(func(_ *process, run string) {
				s.lend(run)
				for _, op := range ops {
					f := during(op, noRight)
					f.Count = -1
					s.aws.Fault(f)
				}
			})
		}
	}
	return append(plays,
		play{name: "AWS refuses the daemon DeletePolicyVersion", f: func(s *stage) string {
			return s.revokes(func(_ *process, run string) {
				_, err := s.admin().CreatePolicyVersion(context.Background(), &iam.CreatePolicyVersionInput{
					PolicyArn:      aws.String("arn:aws:iam::" + account + ":policy/port-iam/" + iamops.Name(run)),
					PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`), SetAsDefault: true,
				})
				s.must(err)
				f := during("DeletePolicyVersion", noRight)
				f.Count = -1
				s.aws.Fault(f)
			})
		}},
		play{name: "AWS refuses the daemon DeleteRolePolicy", f: revocation(during("DeleteRolePolicy", noRight))},
		play{name: "the policy is attached elsewhere, and AWS does not say where", f: lent("ListEntitiesForPolicy")},
	)
}

// never writes why actions are never granted, each reason once, with the first action
// that is refused for it.
func (g *golden) never() {
	known, err := catalogue.Open()
	g.must(err)
	g.write("# What is never granted\n\nThese follow \"The request was refused: \".\n\n")
	seen := map[string]bool{}
	for _, service := range known.Services() {
		actions, err := known.Actions(service)
		g.must(err)
		for _, a := range actions {
			_, err := known.Scope(catalogue.Request{Account: account, Partition: "aws", Entity: bucket, Actions: []string{a.Name}})
			var refusals catalogue.Refusals
			if !errors.As(err, &refusals) {
				continue
			}
			denied := slices.IndexFunc(refusals, func(r *catalogue.Refusal) bool { return r.Reason == catalogue.DeniedAction })
			if denied < 0 {
				continue
			}
			text := refusals[denied].Error()
			if why := text[len(a.Name):]; !seen[why] {
				seen[why] = true
				g.said = append(g.said, text)
				g.write("- %s\n", text)
			}
		}
	}
	if len(seen) < 30 {
		g.t.Errorf("%d reasons", len(seen))
	}
	g.write("\n")
}
