package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// waits checks that a run of alice's waits for approval, with nothing in IAM.
func (s *story) waits(run string) error {
	r, _ := s.Port.Run(run)
	if role, policy := s.objects("Permission-" + run); r.Status != "WAITING_FOR_APPROVAL" || role != nil || policy != nil {
		return fmt.Errorf("run %s is %s, with role %v and policy %v", run, r.Status, role != nil, policy != nil)
	}
	s.say("   run %s of %s waits for approval, and nothing is in IAM", run, alice)
	return nil
}

func (s *story) ownApproval(ctx context.Context) error {
	run := s.ask(dangerous, "", "tidy up", true)
	s.refused = run
	if err := s.waits(run); err != nil {
		return err
	}
	s.say("   %s approves it, as Port may let requesters do", alice)
	if err := s.Port.ApproveAs(run, alice); err != nil {
		return err
	}
	if err := s.ended(ctx, run, "FAILURE"); err != nil {
		return err
	}
	r, _ := s.Port.Run(run)
	if log := r.Logs[len(r.Logs)-1].Message; !strings.Contains(log, "needs the approval of another person") {
		return fmt.Errorf("run %s was refused for another reason: %s", run, log)
	}
	if role, policy := s.objects("Permission-" + run); role != nil || policy != nil {
		return errors.New("role or policy exist")
	}
	return nil
}

func (s *story) approval(ctx context.Context) error {
	run := s.ask(dangerous, "", "tidy up", true)
	if err := s.waits(run); err != nil {
		return err
	}
	s.say("   %s approves it", bob)
	if err := s.Port.ApproveAs(run, bob); err != nil {
		return err
	}
	if err := s.grant(ctx, run, dangerous); err != nil {
		return err
	}
	return s.try(s.grants[len(s.grants)-1],
		attempt{dangerous, object, true},
		attempt{"s3:GetObject", object, false},
	)
}
