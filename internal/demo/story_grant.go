package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"port-iam/port"
	"port-iam/port/porttest"
	"port-iam/templates"
)

// attempt is something that a session may try, and whether AWS is to allow it.
type attempt struct {
	action, resource string
	want             bool
}

const object = porttest.SampleBucket + "/report.csv"

func (s *story) written(context.Context) error {
	name := "Permission-" + s.grants[0].run
	role, policy := s.objects(name)
	if role == nil || policy == nil {
		return fmt.Errorf("there is no role or no policy %s", name)
	}
	s.say("   IAM role   %s\n              %s\n              boundary %s", role.ARN, role.Description, role.Boundary)
	for _, k := range slices.Sorted(maps.Keys(role.Tags)) {
		s.say("              tag %s = %s", k, role.Tags[k])
	}
	s.say("              trusts\n%s", indented(role.Trust))
	s.say("   IAM policy %s\n%s", policy.ARN, indented(policy.Versions[0].Document))
	entity, ok := s.Port.Entity(templates.BlueprintGrant, name)
	if !ok {
		return fmt.Errorf("there is no entity %s", name)
	}
	text, err := json.Marshal(entity["relations"])
	if err != nil {
		return err
	}
	s.say("   Port entity provisioned_permissions %s, related to\n%s", name, indented(string(text)))
	return nil
}

func (s *story) use(ctx context.Context) (err error) {
	g := s.grants[0]
	s.say("   %s assumes the role: allowed", alice)
	if _, err := s.signIn(bob).assume(ctx, g.roleARN); err == nil {
		return errors.New(bob + " could assume the role")
	}
	s.say("   %s assumes the role: denied", bob)
	return s.try(g,
		attempt{"s3:GetObject", object, true},
		attempt{"s3:ListBucket", porttest.SampleBucket, true},
		attempt{"kms:Decrypt", key, true},
		attempt{"s3:PutObject", object, false},
		attempt{"s3:GetObject", "arn:aws:s3:::another-bucket/report.csv", false},
		attempt{"kms:Decrypt", strings.Replace(key, "1234abcd", "00000000", 1), false},
	)
}

// try asks whether the session of a grant may do something.
func (s *story) try(g granted, all ...attempt) error {
	verdict := map[bool]string{true: "allowed", false: "denied"}
	for _, a := range all {
		got, why := s.AWS.Allowed(g.sessionKey, a.action, a.resource)
		s.say("   with it, %s on %s: %s", a.action, a.resource, verdict[got])
		if got != a.want {
			return fmt.Errorf("%s on %s is %s: %s", a.action, a.resource, verdict[got], why)
		}
	}
	return nil
}

func (s *story) profile(ctx context.Context) error {
	run, name := s.grants[0].run, "Permission-"+s.grants[0].run
	made, err := s.daemon.Profile(ctx, name)
	if err != nil {
		return err
	}
	s.say("   port-iam grants show %s --profile\n   | %s", name, strings.ReplaceAll(made, "\n", "\n   | "))
	entity, _ := s.Port.Entity(templates.BlueprintGrant, name)
	r, _ := s.Port.Run(run)
	for where, text := range map[string]string{
		"the entity in Port": port.Object(entity).Text("properties", templates.PropertyProfile), "the log": r.Logs[len(r.Logs)-1].Message,
	} {
		if !strings.Contains(text, made) {
			return fmt.Errorf("%s has another profile: %s", where, text)
		}
	}
	s.say("   the log and the entity in Port have the same")
	return nil
}

// console is the same request without and with what AWS's console needs.
func (s *story) console(ctx context.Context) error {
	s.say("   without it, the console shows errors:")
	shows := func(want bool) []attempt {
		return []attempt{{"s3:ListAllMyBuckets", "*", want}, {"s3:GetBucketVersioning", porttest.SampleBucket, want}}
	}
	if err := s.try(s.grants[0], shows(false)...); err != nil {
		return err
	}
	s.say("   the platform team sets it and restarts the daemon")
	if err := s.start(ctx, true); err != nil {
		return err
	}
	if err := s.grant(ctx, s.ask(bundle, "1h", "the same, in the console", false), "s3:GetObject"); err != nil {
		return err
	}
	return s.try(s.grants[1], append(shows(true),
		attempt{"s3:GetObject", object, true},
		attempt{"s3:GetBucketVersioning", "arn:aws:s3:::another-bucket", false},
		attempt{"s3:ListBucket", "arn:aws:s3:::another-bucket", false},
		attempt{"s3:PutObject", object, false},
	)...)
}
