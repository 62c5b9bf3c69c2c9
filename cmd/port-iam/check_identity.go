package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"port-iam/iamops"
	"port-iam/templates"
)

// remedyStore is for an identity store that cannot be read.
func (c *config) remedyStore(err error) string {
	who := "the daemon's own user or role"
	if c.identityStore.role != "" {
		who = c.identityStore.role
	}
	switch {
	case iamops.NotEntered(err):
		return "correct IDENTITY_STORE_ROLE, ACCOUNT_EXTERNAL_ID or what the error names; the daemon's own policy needs that role, too: `port-iam print hub-policy`, and print management-policy --role again"
	case iamops.IsKind(err, iamops.KindDenied):
		return "attach the policy that `port-iam print identity-policy` prints to " + who + ", in the management account or that of the delegated administrator of IAM Identity Center; where the store has a key of your own, that key must allow " + who + " kms:Decrypt"
	case iamops.IsKind(err, iamops.KindInvalid):
		return "correct IDENTITY_STORE_ID and IDENTITY_STORE_REGION: the settings of IAM Identity Center show both"
	}
	return "check IDENTITY_STORE_REGION and that the daemon reaches identitystore in that region, then try again"
}

// tryStore says at the start what keeps users from being looked up. Grants wait for what
// may pass, and the others fail.
func (d *daemon) tryStore(ctx context.Context) {
	if d.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := d.store.Readable(ctx); err != nil && !errors.Is(err, context.Canceled) {
		d.log.Error("requesters cannot be looked up in IAM Identity Center, so nothing is granted", "error", err, "remedy", d.cfg.remedyStore(err))
	}
}

// identityStore tries what is needed to look requesters up.
func (c *checker) identityStore(ctx context.Context) stepOutcome {
	if err := c.cfg.checkOwn(c.identity); err != nil {
		return failed(err, "correct the settings that it names")
	}
	if err := c.store.Readable(ctx); err != nil {
		return failed(err, c.cfg.remedyStore(err))
	}
	in := "with the daemon's own credentials"
	if role := c.cfg.identityStore.role; role != "" {
		in = "as " + role
	}
	return fine("%s in %s can be read %s", c.cfg.identityStore.id, c.cfg.identityStore.region, in)
}

// Whether a user exists.
const (
	existsYes      = "yes"
	existsNo       = "no"
	existsNotAsked = "not asked"
)

// trustedUser is whom a grant of a person would trust.
type trustedUser struct {
	Email    string   `json:"email"`
	Trust    string   `json:"trust"`               // GRANT_TRUST
	Accounts []string `json:"accounts"`            // GRANT_TRUST_ACCOUNTS: ids, and self
	UserName string   `json:"user_name,omitempty"` // "" where none is trusted, or no name counts
	UserID   string   `json:"user_id,omitempty"`   // in IAM Identity Center
	Exists   string   `json:"exists"`              // yes, no, or not asked
}

// requester says whom a grant of --user would trust.
func (c *checker) requester(ctx context.Context) stepOutcome {
	u := &c.user
	u.Trust, u.Accounts, u.Exists = c.cfg.grant.trust, c.cfg.grant.trustAccounts, existsNotAsked
	if u.Trust == templates.TrustAccount {
		return fine("a grant of %q trusts anyone who may call sts:AssumeRole in %s (GRANT_TRUST=account): no user is named", u.Email, inTrusted(u.Accounts))
	}
	name, err := c.cfg.grant.userName(u.Email)
	if err != nil {
		return failed(fmt.Errorf("the requester %w", err), "see GRANT_USER_NAME and GRANT_EMAIL_DOMAIN")
	}
	if c.store != nil {
		found, err := c.store.User(ctx, u.Email)
		if e, ok := errors.AsType[*iamops.Error](err); ok && e.Kind == iamops.KindUser {
			u.Exists = existsNo
			return failed(fmt.Errorf("the requester %w", e.Err), "a grant of this person is refused until then; the answer is remembered for half a minute")
		} else if err != nil {
			return failed(err, c.cfg.remedyStore(err))
		}
		name, u.UserID, u.Exists = found.Name, found.ID, existsYes
	}
	u.UserName = name
	whom := fmt.Sprintf("sessions of IAM Identity Center called %q", name)
	asked := "whether IAM Identity Center has a user of this name is not asked (GRANT_USER_NAME=" + c.cfg.grant.nameOf + "): compare it with the user name there"
	if u.Trust == templates.TrustIAMUser {
		whom = fmt.Sprintf("the IAM user %q", name)
		asked = "whether there is such an IAM user is not asked: the daemon has no right to iam:GetUser"
	}
	said := []string{asked}
	if c.store != nil {
		said = []string{fmt.Sprintf("IAM Identity Center has that user (%s), enabled", u.UserID)}
		if u.Trust == templates.TrustIAMUser {
			said = append(said, asked)
		}
	}
	return fine("a grant of %q trusts %s, from %s; %s", u.Email, whom, inTrusted(u.Accounts), strings.Join(said, "; "))
}

// inTrusted names the accounts that grants trust.
func inTrusted(ids []string) string {
	var all []string
	for _, id := range ids {
		if id == self {
			all = append(all, "the account of the grant")
			continue
		}
		all = append(all, "account "+id)
	}
	return strings.Join(all, ", ")
}
