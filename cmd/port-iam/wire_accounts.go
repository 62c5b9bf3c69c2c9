package main

import (
	"fmt"
	"slices"

	"port-iam/grants"
	"port-iam/iamops"
)

// account is what this process has of an AWS account that is served. Nothing else
// makes credentials or clients for one, or operations that call it.
type account struct {
	id   string          // 12 digits
	role string          // ARN of the role that is assumed there; "" in the own account
	aws  *iamops.Clients // with a session and a limiter of its own
	ops  *iamops.Ops
}

// served are the ids of the accounts that are served, sorted.
func (c *config) served(own iamops.Identity) []string {
	if len(c.accounts.ids) > 0 {
		return c.accounts.ids
	}
	return []string{own.Account}
}

// unserved are those of the accounts that are not served.
func (c *config) unserved(own iamops.Identity, accounts []string) []string {
	served := c.served(own)
	return slices.DeleteFunc(slices.Clone(accounts), func(id string) bool { return slices.Contains(served, id) })
}

// servesWhat says for which accounts this process is.
func (c *config) servesWhat(own iamops.Identity) string {
	if len(c.accounts.ids) == 0 {
		return "the credentials of this daemon are of " + own.Account
	}
	return "this daemon serves " + inWords(c.accounts.ids)
}

// inWords names accounts.
func inWords(ids []string) string {
	if len(ids) == 1 {
		return "account " + ids[0]
	}
	return "accounts " + atMost(shown, ids, ", ")
}

// newAccounts makes what each account needs that is served, in the order of their
// ids. It enters none and calls nothing. Its error is that of settings which do not
// fit, such as a trust policy that would be too long.
func (c *clients) newAccounts(org string, own iamops.Identity) ([]account, error) {
	var all []account
	for _, id := range c.cfg.served(own) {
		a, err := c.newAccount(org, own, id)
		if err != nil {
			return nil, configError{fmt.Errorf("account %s: %w", id, err)}
		}
		all = append(all, a)
	}
	return all, nil
}

// newAccount makes what one account needs.
func (c *clients) newAccount(org string, own iamops.Identity, id string) (account, error) {
	a, cfg := c.enter(own, id), c.cfg
	var err error
	a.ops, err = iamops.New(iamops.Options{
		API: a.aws.IAM, Account: id, Partition: own.Partition, OrgID: org,
		Path: cfg.iam.path, Boundary: iamops.BoundaryARN(own.Partition, id, cfg.iam.boundary), Tags: cfg.iam.tags,
		Trust: cfg.grant.trust, TrustAccounts: cfg.trusted(id), Templates: cfg.grant.templates, Rules: cfg.rules, Console: cfg.grant.console,
	})
	return a, err
}

// enter makes the clients of an account: the own one needs no role.
func (c *clients) enter(own iamops.Identity, id string) account {
	a := account{id: id, aws: c.aws}
	if id != own.Account {
		a.role = iamops.RoleARN(own.Partition, id, c.cfg.accounts.role)
		a.aws = c.aws.Enter(a.role, c.cfg.accounts.externalID)
	}
	return a
}

// trusted are the accounts whose sessions may enter grants of an account, sorted:
// in whichever order they are given, the documents are the same.
func (c *config) trusted(id string) []string {
	var all []string
	for _, given := range c.grant.trustAccounts {
		if given == self {
			given = id
		}
		all = append(all, given)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// accessOf is what grants needs of the accounts, by their ids.
func accessOf(all []account) map[string]grants.Access {
	access := map[string]grants.Access{}
	for _, a := range all {
		access[a.id] = a.ops
	}
	return access
}
