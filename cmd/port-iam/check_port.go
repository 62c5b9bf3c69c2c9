package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"port-iam/iamops"
	"port-iam/internal/setup"
	"port-iam/port"
	"port-iam/templates"
)

const remedyRights = "the credentials must be allowed to read blueprints, actions and entities"

// portFailed is a call of Port that failed.
func portFailed(err error) stepOutcome {
	switch {
	case port.IsKind(err, port.KindUnauthorized):
		return failed(err, remedyLogin+"; "+remedyRights)
	case port.IsKind(err, port.KindUnavailable):
		return failed(err, "check PORT_BASE_URL, the network and the proxy (HTTPS_PROXY), or try again later")
	}
	return failed(err, remedyRights)
}

func (c *checker) login(ctx context.Context) stepOutcome {
	org, err := c.portal.OrganizationID(ctx)
	if err != nil {
		return portFailed(err)
	}
	c.org = org
	return fine("%s accepts the credentials", c.cfg.port.baseURL)
}

func (c *checker) organization(context.Context) stepOutcome {
	if c.cfg.checkOrganization(c.org) != nil {
		return failed(fmt.Errorf("PORT_ORG_ID is %s, and the credentials are of %s", c.cfg.port.orgID, c.org), "correct PORT_ORG_ID or remove it, or use the right credentials")
	}
	return fine("%s", c.org)
}

func (c *checker) portClock(ctx context.Context) stepOutcome {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.cfg.port.baseURL, nil)
	if err != nil {
		return failed(err, "correct PORT_BASE_URL")
	}
	asking := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	sent := time.Now()
	resp, err := asking.Do(req)
	if err != nil {
		return skipped("Port does not tell its time: %v", err)
	}
	_ = resp.Body.Close()
	skew, known := iamops.ClockSkew(sent, time.Now(), resp.Header.Get("Date"))
	return judgeClock("Port", skew, known, "requests would begin and end at the wrong time")
}

// model are the steps that compare each blueprint and action in Port with those
// that setup installs. They only read. What it returns is of the permissions.
func (c *checker) model(take takeStep, login string) (permissions string) {
	number := 0
	part := func(name, action string) string {
		broken := take(name, func(ctx context.Context) stepOutcome { return c.judge(ctx, number, action) }, login)
		number++
		return broken
	}
	for _, b := range templates.Model() {
		if broken := part("blueprint "+b.ID, ""); b.ID == templates.BlueprintPermission {
			permissions = broken
		}
	}
	ids := c.cfg.actions
	for _, id := range ids.GrantIDs() {
		part("action "+id, id)
	}
	part("action "+ids.Revoke, ids.Revoke)
	part("automation "+ids.Expire, ids.Expire)
	return permissions
}

// judge judges a part of the model by its number. Where neither ACCOUNTS nor AWS says
// which accounts are served, those that an action names are taken as they are. What
// other actions reach does not count.
func (c *checker) judge(ctx context.Context, i int, action string) stepOutcome {
	ids := c.cfg.actions
	ours := templates.Automation{ // blueprints name no account
		Accounts: []string{unknownAccount}, ActionIDs: templates.ActionIDs{Revoke: ids.Revoke, Expire: ids.Expire},
	}
	reach := "" // the action whose accounts count
	var remarks []string
	if action != "" {
		served := c.cfg.served(c.identity)
		if c.whoErr != nil && len(c.cfg.accounts.ids) == 0 {
			if served, _ = c.portal.ActionAccounts(ctx, action); len(served) > 0 { // an error is told where it is compared
				remarks = append(remarks, "it is for AWS "+inWords(served)+", and whether the credentials are of that account is not known")
			}
		}
		if len(served) > 0 {
			ours.Accounts, reach = served, action
		}
	}
	for _, g := range ids.Grants {
		if g.ID != reach {
			g.Accounts = nil
		}
		ours.Grants = append(ours.Grants, g)
	}
	want, err := setup.Want(setup.Choice{Actions: ours})
	if err != nil {
		return failed(err, "correct GRANT_ACTION, REVOKE_ACTION and EXPIRE_ACTION, or the account in the message of the action in Port")
	}
	problems, more, err := setup.Judge(ctx, c.portal, want.Model[i])
	if err != nil {
		return portFailed(err)
	}
	if len(problems) == 0 {
		return fine("%s", strings.Join(slices.Concat([]string{"as the daemon needs it"}, remarks, more), "; "))
	}
	var why, remedies []string
	for _, p := range problems {
		why = append(why, p.Why)
		if !slices.Contains(remedies, p.Remedy) {
			remedies = append(remedies, p.Remedy)
		}
	}
	return failed(errors.New(strings.Join(why, "; ")), strings.Join(remedies, "; "))
}
