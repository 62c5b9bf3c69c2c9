// Package iamtest is AWS accounts in memory: IAM and STS as far as granting
// and ending access needs them, and the users of IAM Identity Center, spoken over
// AWS's own protocols, so that the real AWS client with its signing, retries and error decoding is what gets
// exercised.
//
// It owns each account's roles, managed policies, users and sessions, the rules
// AWS applies to them (limits, character sets, conflicts, quotas, eventual
// consistency, throttling), and an evaluator of policies that answers whether a
// principal may do something at this moment. It also makes trouble on request:
// see [Server.Fault], [Server.SetVisibility], [Server.SetLag],
// [Server.SetBehind], [Server.SetClockSkew] and [Server.RejectCredentials].
//
// It does not verify signatures, and it knows no service but IAM, STS and Identity Store: what
// a session could do elsewhere is asked with [Server.Allowed].
//
// # What is eventually consistent
//
// A write is checked and applied at once. For the time of
// [Options].Visibility, or what [Server.SetLag] says, reads still show the state
// before it; with [Server.SetBehind] no two reads need agree. A call that adds
// to a role or policy (attach, put, tag, a new version) needs it to be visible
// already; one that removes needs it only to exist, but reports DeleteConflict
// while the dependents it looks for are either there or still visible. Names are
// unique against the true state. Access is evaluated against the true state as
// well, so a Deny counts from the moment it was put; only AssumeRole asks in
// addition that the role be visible.
//
// # Several accounts
//
// [Server.AddAccount] makes another account behind the same address; [Server.AddRole] a
// role that is to be assumed from elsewhere. Trouble, throttling, delays and the record of
// calls are each account's own. AssumeRole counts for the account of the role. It needs
// the trust policy of the role, and across accounts the caller's policies as well.
//
// # Clock
//
// Everything AWS would read from its own clock (the Date header, creation dates,
// aws:CurrentTime, the end of a session) is [Options].Now plus the skew.
//
// Start from [New], then [Server.Start] for a loopback address or [NewListener]
// and [Server.Serve] for a connection that stays inside the process, which also
// works in a testing/synctest bubble.
package iamtest
