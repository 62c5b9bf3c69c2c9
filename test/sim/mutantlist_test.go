package sim

// mutants are the defects, one for each guarantee or more.
var mutants = []mutant{
	{name: "a record is committed before its run has ended", seed: 192, changes: []change{{
		"consumer/partition.go",
		"	s := p.tracker.open(r.Offset, r.LeaderEpoch, r.Timestamp, bytes)\n",
		"	s := p.tracker.open(r.Offset, r.LeaderEpoch, r.Timestamp, bytes)\n	p.tracker.finish(s)\n",
	}}},
	{name: "a commit passes over unfinished records", seed: 59, changes: []change{{
		"consumer/tracker.go",
		"	for t.front != nil && t.front.done {\n",
		"	for t.front != nil && (t.front.done || s.done) {\n",
	}}},
	{name: "reading starts at the end of the topic", seed: 1272, changes: []change{{
		"consumer/client.go",
		"kgo.ConsumeStartOffset(kgo.NewOffset().AtStart())",
		"kgo.ConsumeStartOffset(kgo.NewOffset().AtEnd())",
	}}},
	{name: "the member's id is not checked", changes: []change{
		{"consumer/commit.go", "if req.MemberID != member {", "if false && req.MemberID != member {"},
		{"consumer/rebalance.go", "if len(s.parts) > 0 && member != s.member {", "if false {"},
		{"consumer/rebalance.go", "member != s.memberID() {", "member != s.memberID() && false {"},
	}, survives: "a commit under a new id moves the group back at most, and to handle a record again does no harm"},
	{name: "what exists is adopted without a check", seed: 191, changes: []change{
		{"iamops/create.go", "	return o.verifyRole(ctx, p)\n", "	return nil\n"},
		{"iamops/create.go", "	return o.verifyPolicy(ctx, p)\n", "	return nil\n"},
	}},
	{name: "a role that was revoked is adopted", changes: []change{{
		"iamops/create.go",
		`		return "", refused(KindCut, op, "the grant was revoked before it was complete")`,
		"		return live.id, nil",
	}}, survives: "a revocation has ended the run by then, so Port refuses the entity, and the Deny stays on the role"},
	{name: "the entity is written without its run", seed: 191, changes: []change{{
		"grants/optional.go",
		"without(entityOf(plan, req, j.account.id), lacks), j.rec.RunID)",
		`without(entityOf(plan, req, j.account.id), lacks), "")`,
	}}},
	{name: "role and policy are created again after the entity", changes: []change{{
		"grants/grant.go", "	if entityWritten {\n", "	if entityWritten && false {\n",
	}}, survives: "no schedule has a whole revocation within one attempt; TestRevokedBeforeAttach and TestNothingIsMadeAfterTheEntity have, and show it"},
	{name: "access begins before the entity", seed: 1352, changes: []change{{
		"grants/grant.go",
		"	if view.entity == nil {\n",
		"	if err := j.account.Attach(ctx, plan); err != nil {\n		return err\n	}\n	if view.entity == nil {\n",
	}}},
	{name: "the requester is not confirmed", seed: 102, changes: []change{{
		"grants/grant.go",
		"	case v.listed:\n",
		"	case true:\n",
	}}},
	{name: "the end of the run is not looked at", seed: 177, changes: []change{
		{"grants/job.go", "	case run.Status.Ended():\n", "	case false && run.Status.Ended():\n"},
		{"grants/job.go", "	case run.Status != port.StatusInProgress:\n", "	case false && run.Status != port.StatusInProgress:\n"},
	}},
	{name: "a failed grant is not cleaned up", seed: 153, changes: []change{{
		"grants/report.go",
		"	return j.follow(ctx, status, j.making)\n",
		"	return nil\n",
	}}},
	{name: "a failed grant is removed before its run is ended", seed: 388, changes: []change{{
		"grants/report.go",
		"	return j.end(ctx, port.StatusFailure, d)\n",
		"	if j.op == opGrant {\n		_ = j.cleanUp(ctx, false)\n	}\n	return j.end(ctx, port.StatusFailure, d)\n",
	}}},
	{name: "a failed grant is removed whatever its run says", seed: 185, changes: []change{{
		"grants/report.go",
		"	return j.end(ctx, port.StatusFailure, d)\n",
		"	err = j.end(ctx, port.StatusFailure, d)\n	if j.op == opGrant {\n		err = j.cleanUp(ctx, false)\n	}\n	return err\n",
	}}},
	{name: "a refused end is not looked into", seed: 282, changes: []change{{
		"grants/report.go",
		"		case run.Status.Ended():\n			return run.Status, false, nil\n",
		"		case run.Status.Ended():\n			return port.StatusFailure, false, nil\n",
	}}},
	{name: "a revocation reports before it removes", seed: 194, changes: []change{{
		"grants/revoke.go",
		"	if err := j.take(ctx, s, j.rec.RunID); err != nil {\n		return err\n	}\n",
		"	defer func() { _ = j.take(ctx, s, j.rec.RunID) }()\n",
	}}},
	{name: "a revocation leaves the open run of its grant", seed: 1921, changes: []change{{
		"grants/revoke.go",
		"	if err := j.take(ctx, s, j.rec.RunID); err != nil {\n",
		"	s.run = port.Run{}\n	if err := j.take(ctx, s, j.rec.RunID); err != nil {\n",
	}}},
	{name: "an expiry does not look at the end", seed: 190, changes: []change{{
		"grants/revoke.go", "	switch early := time.Until(end); {\n", "	switch early := time.Duration(0); {\n",
	}}},
	{name: "the sweeper leaves what has expired", seed: 1996, changes: []change{{
		"grants/sweep_judge.go", "	if !f.isListed() || !expired(f.end(), now) {\n", "	if true {\n",
	}}},
	{name: "the sweeper leaves what failed runs have made", seed: 60, changes: []change{{
		"grants/sweep_judge.go",
		`		return orphaned(fmt.Sprintf("its run ended %s", f.run.Status), true)`,
		`		return orphaned(fmt.Sprintf("its run ended %s", f.run.Status), false)`,
	}}},
	{name: "the sweeper leaves removals that were interrupted", seed: 1970, changes: []change{{
		"grants/sweep_judge.go", "	case f.seen.cut:\n", "	case false:\n",
	}}},
	{name: "the sweeper leaves what nothing is attached to", seed: 345, changes: []change{{
		"grants/sweep_judge.go", "	detached := f.seen.role && !f.seen.attached\n", "	detached := false\n",
	}}},
	{name: "the sweeper removes without waiting", seed: 45, changes: []change{{
		"grants/sweep_judge.go",
		"	case !f.run.Status.Ended():\n		v := f.standing()\n",
		"	case !f.run.Status.Ended() && f.entity == nil:\n		return orphaned(\"its run is open\", true)\n	case !f.run.Status.Ended():\n		v := f.standing()\n",
	}}},
	{name: "lost runs are left", seed: 1, changes: []change{{
		"grants/sweep_lost.go",
		"		if settled[i], err = w.recover(ctx, due[i], w.sighting(due[i].ID)); err != nil {\n",
		"		if err = error(nil); err != nil {\n",
	}}},
	{name: "lost runs are not waited for", seed: 1870, changes: []change{{
		"grants/sweep_lost.go",
		"		case time.Since(first.at) >= w.opts.Grace && passed(committed, first.ends):\n",
		"		case true || time.Since(first.at) >= w.opts.Grace && passed(committed, first.ends):\n",
	}}},
	{name: "tags do not matter", seed: 191, changes: []change{{
		"iamops/look.go", "		if got, ok := tags[want[0]]; !ok || got != want[1] {\n", "		if got, ok := tags[want[0]]; false && (!ok || got != want[1]) {\n",
	}}},
	{name: "anybody may use a grant", seed: 1, changes: []change{{
		"templates/trust-policy.json", `{{ json (printf "*:%s" (likeEscape .UserName)) }}`, `"*"`,
	}}},
	{name: "a session has no end", seed: 192, changes: []change{
		{"templates/permission-policy.json", "{{- if $.End }}\n", "{{- if false }}\n"},
	}},
	{name: "a role can be assumed behind its end", seed: 192, changes: []change{
		{"templates/trust-policy.json", `(likeEscape .UserName)) }}}{{ if .End }},{{ end }}`, `(likeEscape .UserName)) }}}`},
		{"templates/trust-policy.json", "{{- if .End }}\n        \"DateLessThan\"", "{{- if false }}\n        \"DateLessThan\""},
	}},
	{name: "the Deny goes before the policy", seed: 1, changes: []change{{
		"grants/removal.go",
		"	// Nothing can be used any more: what follows is tidying.\n",
		"",
	}, {
		"grants/removal.go",
		"	r.goOn(func(p *place) error { return p.detach(soon) })\n",
		"	r.goOn(func(p *place) error {\n		if p.hasRole() && open == nil {\n			_ = p.DeleteRole(ctx, p.live)\n		}\n		return p.detach(soon)\n	})\n",
	}}},
	{name: "only what lists show is detached", seed: 191, changes: []change{{
		"iamops/remove.go",
		"	for _, arn := range append([]string{own}, others...) {\n",
		"	for _, arn := range s.role.attached {\n		_ = others\n",
	}, {
		"grants/place.go",
		"	err := p.DeletePolicy(ctx, p.live)\n",
		"	err := p.DeletePolicy(ctx, p.live)\n	if err != nil && !p.live.Attached() {\n		return nil\n	}\n",
	}}},
	{name: "the Deny waits for other reads", seed: 153, changes: []change{{
		"grants/revoke.go",
		"	before := j.any((*place).cut)\n	j.cutAll(ctx)\n",
		"	s := j.read(ctx)\n	for _, p := range j.places {\n		if p.liveErr != nil {\n			return p.liveErr\n		}\n	}\n	if s.runErr != nil {\n		return s.runErr\n	}\n	before := j.any((*place).cut)\n	j.cutAll(ctx)\n",
	}}},
	{name: "a refused Deny ends the removal", seed: 23, changes: []change{{
		"grants/place.go",
		"	switch err := p.Detach(ctx, p.live); {\n",
		"	switch err := reason; {\n",
	}}},
	{name: "the role goes under an open run", seed: 101, changes: []change{
		{"grants/removal.go", "	open := r.endOpen(r.hurry(ctx), s)\n", "	_ = r.endOpen(r.hurry(ctx), s)\n"},
		{"grants/removal.go", "	if err := cmp.Or(open, s.entityErr); err != nil {\n", "	if err := s.entityErr; err != nil {\n"},
	}},
	{name: "what the sweeper carries out wants a signature", seed: 180, changes: []change{{
		"grants/sweep_lost.go", "			Signature: port.SignatureValid,", "			Signature: port.SignatureAbsent,",
	}}},
	{name: "no signature is required", seed: 1336, changes: []change{{
		"grants/job.go",
		"	case j.rec.Signature == port.SignatureAbsent && j.svc.opts.RequireSignature:\n",
		"	case false && j.svc.opts.RequireSignature:\n",
	}}},
	{name: "a role of another account is called gone", seed: 189, changes: []change{{
		"grants/where.go",
		"	if s.entity == nil {\n		return nil\n",
		"	if s.entity == nil || true {\n		return nil\n",
	}}},
	{name: "a removal is not judged again", seed: 39, changes: []change{{
		"grants/sweep_case.go",
		"	if j.verdict, err = w.decide(ctx, j.facts); err != nil {\n		return false, err\n	}\n	return j.verdict.remove != \"\" && (allowed || !j.doubtful), nil\n",
		"	_, err = w.decide(ctx, j.facts)\n	_ = allowed\n	return err == nil, err\n",
	}}},
	{name: "not found is believed at once", seed: 1986, changes: []change{{
		"grants/removal.go",
		"	if !p.foreign() && p.unseen(lag) && !r.over(causeUnseen) {\n",
		"	if false {\n",
	}}},
	{name: "the entity is overwritten", seed: 36, changes: []change{{
		"port/entities.go", `url.Values{"upsert": {"false"}}`, `url.Values{"upsert": {"true"}}`,
	}}},
	{name: "grants go before removals", seed: 124, changes: []change{{
		"iamops/limiter.go",
		"	case l.waits(priority.Urgent):\n",
		"	case l.waits(priority.Urgent) && !usual:\n",
	}}},
	{name: "the entity alone says in which account a grant is", seed: 222, changes: []change{{
		"grants/where.go",
		"	if a := r.svc.accountIn(s.entity); a != nil && a.id == s.madeIn {\n",
		"	if a := r.svc.accountIn(s.entity); a != nil {\n",
	}}},
	{name: "a grant is gone although an account did not answer", seed: 12, changes: []change{{
		"grants/place.go",
		"	p.sawRole, p.sawPolicy = p.sawRole ||",
		"	if iamops.Temporary(p.liveErr) {\n		p.liveErr = nil\n	}\n	p.sawRole, p.sawPolicy = p.sawRole ||",
	}}},
	{name: "the accounts share one limiter", seed: 1080, changes: []change{
		{"iamops/aws.go", "type common struct {\n", "type common struct {\n	limiter limiter\n"},
		{"iamops/aws.go", "limit(&limiter{})", "limit(&shared.limiter)"},
	}},
	{name: "both attempts attach, each in its account", seed: 207, changes: []change{
		{"grants/grant.go", "	case view.entity != nil && j.svc.accountIn(view.entity) != j.account:\n", "	case false:\n"},
		{"grants/grant.go", "	case j.svc.accountIn(entity) != j.account:\n", "	case false:\n"},
	}},
	{name: "one account takes all slots", seed: 794, changes: []change{{
		"grants/slots.go", "int64(max(1, concurrency/share))", "int64(max(1, concurrency*share/share))",
	}}},
	{name: "a session that AWS rejects is kept", seed: 216, changes: []change{{
		"iamops/enter.go", "	if !RejectedCredentials(err) {\n", "	if true || !RejectedCredentials(err) {\n",
	}}},
	{name: "the sweep deletes an entity whose grant may be in an account that is not served", seed: 53, changes: []change{
		{"grants/sweep_judge.go", "	case goes && f.mayBeIn != \"\":\n", "	case false:\n"},
		{"grants/sweep_remove.go", "err != nil || f.mayBeIn != \"\" {\n", "err != nil {\n"},
	}},
	{name: "the sweep deletes the entity with a role that was made again", seed: 851, changes: []change{{
		"grants/sweep_remove.go", "err != nil || f.mayBeIn != \"\" {\n", "err != nil {\n",
	}}},
	{name: "a role that was made again stands for one in an account that is not served", seed: 79, changes: []change{{
		"grants/where.go", "	case s.madeIn == \"\" || r.svc.account(s.madeIn) != nil:\n", "	case true:\n",
	}}},
	{name: "who asks may approve", seed: 241, changes: []change{{
		"grants/approval.go", "	case strings.EqualFold(by, run.CreatedBy):\n", "	case false:\n",
	}}},
	{name: "a machine may approve", seed: 177, changes: []change{{
		"grants/approval.go", "	case !person(by):\n", "	case by == \"\":\n",
	}}},
	{name: "an approval is for whatever the catalogue says later", seed: 218, changes: []change{{
		"grants/approval.go", "		case p.updated.After(run.CreatedAt):\n", "		case false:\n",
	}}},
	{name: "the limits of the actions of a bundle do not count", seed: 241, changes: []change{{
		"grants/offer.go", "		o.count(p)\n", "		if asked {\n			o.count(p)\n		}\n",
	}}},
	{name: "the record says which permissions are asked for", seed: 172, changes: []change{{
		"grants/grant.go", "	offered, related, err := j.readRest(", "	req.permissions = j.rec.Permissions\n	offered, related, err := j.readRest(",
	}}},
	{name: "a bundle is its first action", seed: 141, changes: []change{{
		"grants/offer.go", "		for _, a := range p.actions {\n			if !slices.Contains(o.actions, a) {", "		for _, a := range p.actions[:1] {\n			if !slices.Contains(o.actions, a) {",
	}}},
	{name: "a grant is told when it has begun", seed: 1, changes: []change{{
		"grants/grant.go",
		"	if err := j.tellGranted(ctx, plan); err != nil {\n		return err\n	}\n	j.made = &plan\n", "	j.made = &plan\n",
	}, {
		"grants/grant.go",
		"	linked()\n	if err != nil {\n		return err\n	}\n",
		"	linked()\n	if err != nil {\n		return err\n	}\n	if err := j.tellGranted(ctx, plan); err != nil {\n		return err\n	}\n",
	}}},
	{name: "a grant begins although its event is not kept", seed: 233, changes: []change{{
		"grants/audit.go", "	return unkept(j.keepOnce(ctx, e))\n}\n\n// tellFailed", "	_ = j.keepOnce(ctx, e)\n	return nil\n}\n\n// tellFailed",
	}}},
	{name: "a removal waits for the audit file", changes: []change{{
		"grants/revoke.go", "	before := j.any((*place).cut)\n", "	if err := j.svc.auditable(); err != nil {\n		return err\n	}\n	before := j.any((*place).cut)\n",
	}}, survives: "the schedules take little away while a file is known to be away; TestAuditFullDisk does, and shows it"},
	{name: "the end of a failed run is not told", seed: 1, changes: []change{{
		"grants/report.go", "	if err := j.tellFailed(ctx, d); err != nil {\n		return err\n	}\n", "",
	}}},
	{name: "what a sweep takes away is not told", seed: 233, changes: []change{{
		"grants/sweep_remove.go", "func(ctx context.Context) { w.tellSwept(ctx, &r, j) }", "func(context.Context) {}",
	}}},
	{name: "a grant of another instance is not told again", changes: []change{{
		"grants/report.go", "	case j.told == audit.Failed, j.told == audit.Refused:\n", "	case j.told == audit.Dropped:\n",
	}}, survives: "hardly any schedule has an attempt that gives up while another one grants; TestAuditCorrected has, and shows it"},
	{name: "who cannot be looked up is who the e-mail says", seed: 86, changes: []change{{
		"grants/grant.go", "	req.UserName, j.userID = user.Name, user.ID\n	return target, req, err\n",
		"	if req.UserName = user.Name; err != nil {\n		req.UserName = j.rec.Requester\n	}\n	return target, req, nil\n",
	}}},
}
