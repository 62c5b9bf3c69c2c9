package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"port-iam/iamops"
	"port-iam/templates"
)

// self stands in GRANT_TRUST_ACCOUNTS for the account of the grant.
const self = "self"

var (
	// roleName is the name of a role, with the path that it may have, by the patterns
	// of IAM's API but for the characters that only a path may have.
	roleName = regexp.MustCompile(`^(/?(?:[A-Za-z0-9_+=,.@-]+/)*)[A-Za-z0-9_+=,.@-]{1,64}$`)
	// externalID is what STS takes as one.
	externalID = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:/-]{2,}$`)
)

const (
	maxRolePath   = 512  // with both slashes
	maxExternalID = 1224 // characters
)

// parseAccounts reads which accounts are served. Settings about them come after it.
func (s settings) parseAccounts(c *config, p *problems) {
	in, out := s.Accounts, &c.accounts
	out.ids = accountList(p, "ACCOUNTS", in.IDs)
	slices.Sort(out.ids)
	out.role, out.externalID = in.Role, in.ExternalID
	switch found := roleName.FindStringSubmatch(in.Role); {
	case strings.HasPrefix(in.Role, "arn:"):
		p.add("ACCOUNT_ROLE", "%q is an ARN: give the name alone, with its path if it has one, as it is in each of ACCOUNTS", in.Role)
	case found == nil || pathLength(found[1]) > maxRolePath:
		p.add("ACCOUNT_ROLE", "%q is not the name of a role, such as PortIam or platform/PortIam: at most 64 letters, digits and _+=,.@-", in.Role)
	}
	if in.ExternalID != "" && (!externalID.MatchString(in.ExternalID) || len(in.ExternalID) > maxExternalID) {
		p.add("ACCOUNT_EXTERNAL_ID", "AWS takes 2 to 1224 letters, digits and _+=,.@:/-: use an external id of these")
	}
}

// refuseGrantName refuses a role or policy of ours, by its name with its path, that the
// daemon may delete because grants have such names.
func (c *config) refuseGrantName(p *problems, variable, name string) {
	if ofGrants := c.iam.path + iamops.NamePrefix; strings.HasPrefix("/"+strings.TrimPrefix(name, "/"), ofGrants) {
		p.add(variable, "%s has a name of grants, so the daemon could delete it and make another: choose a name that does not begin with %s", name, ofGrants)
	}
}

// pathLength is that of a path whose first slash may be missing, with both slashes.
func pathLength(path string) int { return len("/" + strings.TrimPrefix(path, "/")) }

// accountList are the account ids of a list, each of which may come once, and the
// words that may stand there; nil where the list is wrong, so that nothing is judged by it.
func accountList(p *problems, variable, text string, words ...string) []string {
	before := len(*p)
	ids := splitList(p, variable, text)
	checkAccounts(p, variable, ids, words...)
	if len(*p) > before {
		return nil
	}
	return ids
}

// checkAccounts is about the items of a list.
func checkAccounts(p *problems, variable string, ids []string, words ...string) {
	for i, id := range ids {
		switch {
		case !templates.IsAccount(id) && !slices.Contains(words, id):
			p.add(variable, "%q is not the id of an account: 12 digits%s", id, orOne(words))
		case slices.Index(ids, id) < i:
			p.add(variable, "%s is given twice", id)
		}
	}
}

func orOne(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return ", or " + strings.Join(words, ", ")
}

// parseTrustAccounts reads whose sessions may enter. It comes after GRANT_TRUST.
func (s settings) parseTrustAccounts(c *config, p *problems) {
	ids := accountList(p, "GRANT_TRUST_ACCOUNTS", s.Grant.TrustAccounts, self)
	if c.grant.trust == templates.TrustIAMUser && len(ids) > 1 {
		p.add("GRANT_TRUST_ACCOUNTS", "names %d accounts, and with GRANT_TRUST=iam-user it takes one: the name of a user is unique in an account only", len(ids))
	}
	c.grant.trustAccounts = ids
}

// unknownAccount stands for an account that is not known yet.
const unknownAccount = "000000000000"

// checkTrust refuses more trusted accounts than fit into a trust policy. It comes after
// parseAccounts, parseTrustAccounts and the templates.
func (c *config) checkTrust(p *problems) {
	served := c.accounts.ids
	if len(served) == 0 {
		served = []string{unknownAccount}
	}
	for _, id := range served {
		trusted := c.trusted(id)
		if c.grant.templates == nil || len(trusted) < 2 || c.grant.trust == "" || c.grant.trust == templates.TrustIAMUser {
			return // what is wrong with those has been said, and one account always fits
		}
		err := c.grant.templates.CheckTrust(templates.Data{Account: id, Partition: "aws", Trust: c.grant.trust, TrustAccounts: trusted})
		if err != nil {
			p.add("GRANT_TRUST_ACCOUNTS", "name fewer accounts: %v", err)
			return
		}
	}
}

// parseBoundary comes after parseAccounts: an ARN is that of a policy in one account.
func (s settings) parseBoundary(c *config, p *problems) {
	const variable = "IAM_PERMISSIONS_BOUNDARY"
	boundary := s.IAM.Boundary
	c.iam.boundary = boundary
	switch boundary {
	case "":
		p.add(variable, "is missing: the ARN of a policy that limits every grant, its name where it has the same in all accounts, or none")
		return
	case noBoundary:
		c.iam.boundary = ""
		c.warn("IAM_PERMISSIONS_BOUNDARY=none: nothing but the catalogue in Port limits what can be granted")
		return
	}
	before := len(*p)
	if checkBoundary(p, variable, boundary); len(*p) == before {
		c.checkBoundaryAccount(p, c.accounts.ids)
		_, name, isARN := strings.Cut(boundary, ":policy/")
		if account, _, _ := placeOf(boundary); !isARN {
			c.refuseGrantName(p, variable, boundary)
		} else if account != "" { // one of AWS's own cannot be deleted
			c.refuseGrantName(p, variable, name)
		}
	}
}

// checkBoundaryAccount refuses the ARN of a policy that roles in these accounts cannot
// have.
func (c *config) checkBoundaryAccount(p *problems, served []string) {
	const variable = "IAM_PERMISSIONS_BOUNDARY"
	account, _, _ := placeOf(c.iam.boundary) // "" for a name, and for a policy of AWS's own
	switch {
	case account == "":
	case len(served) > 1:
		p.add(variable, "%s is a policy of one account, and %d are served: give its name, with its path if it has one, which it has in each of them", c.iam.boundary, len(served))
	case len(served) == 1 && served[0] != account:
		p.add(variable, "%s is not of account %s, which is served: AWS takes a boundary of the role's account only", c.iam.boundary, served[0])
	}
}

// checkOwn is about settings that turn out to be wrong when AWS has said which account
// the own credentials are of.
func (c *config) checkOwn(own iamops.Identity) error {
	var p problems
	if role := c.identityStore.role; role != "" && !strings.HasPrefix(role, "arn:"+own.Partition+":") {
		p.add("IDENTITY_STORE_ROLE", "%s is not of partition %s, which the daemon's own credentials are of", role, own.Partition)
	}
	if len(c.accounts.ids) == 0 {
		c.checkBoundaryAccount(&p, c.served(own))
		c.checkReach(&p, c.served(own))
	}
	return errors.Join(p...)
}

// parseActions comes after parseAccounts: a grant action reaches only what is served.
func (s settings) parseActions(c *config, p *problems) {
	c.actions = templates.ActionIDs{Grants: grantActions(p, s.Actions.Grant), Revoke: s.Actions.Revoke, Expire: s.Actions.Expire}
	if len(c.actions.Grants) == 0 {
		return // which has been said
	}
	if len(c.accounts.ids) > 0 {
		c.checkReach(p, c.accounts.ids)
	}
	ids := c.actions.GrantIDs()
	for i, id := range ids {
		if slices.Index(ids, id) < i {
			p.add("GRANT_ACTION", "%s is given twice: give it once, with all the accounts that it may reach", id)
			return
		}
	}
	if err := c.actions.Check(); err != nil {
		p.add("GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION", "%s", withSemicolons(err))
	}
}

// grantActions reads GRANT_ACTION. An identifier may hold = and + itself: accounts begin
// behind the last =, with a digit.
func grantActions(p *problems, text string) (all []templates.GrantAction) {
	const variable = "GRANT_ACTION"
	for _, item := range splitList(p, variable, text) {
		action := templates.GrantAction{ID: item}
		if at := strings.LastIndex(item, "="); at >= 0 {
			switch reach := strings.TrimSpace(item[at+1:]); {
			case reach == "":
				p.add(variable, "%q names no account behind =: write identifier=account+account, or the identifier alone for all that are served", item)
				action.ID = strings.TrimSpace(item[:at])
			case strings.ContainsAny(reach[:1], "0123456789+"):
				action.ID, action.Accounts = strings.TrimSpace(item[:at]), splitAccounts(p, variable, reach)
			}
		}
		all = append(all, action)
	}
	return all
}

// splitAccounts are accounts with + between them; none where one of them is wrong.
func splitAccounts(p *problems, variable, text string) []string {
	ids := strings.Split(text, "+")
	for i := range ids {
		ids[i] = strings.TrimSpace(ids[i])
	}
	before := len(*p)
	if checkAccounts(p, variable, ids); len(*p) > before {
		return nil
	}
	return ids
}

// checkReach refuses grant actions that are to reach an account which is not served.
func (c *config) checkReach(p *problems, served []string) {
	for _, g := range c.actions.Grants {
		for _, id := range g.Accounts {
			if !slices.Contains(served, id) {
				p.add("GRANT_ACTION", "%s is to reach account %s, which is not served: add it to ACCOUNTS, or remove it here", g.ID, id)
			}
		}
	}
}
