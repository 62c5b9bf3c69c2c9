package iamops_test

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/iamops"
	"port-iam/iamops/iamtest"
)

const (
	member         = "222222222222"
	memberRole     = "arn:aws:iam::" + member + ":role/platform/PortIam"
	memberBoundary = "arn:aws:iam::" + member + ":policy/Boundary"
	externalID     = "external-1"
)

// hubTrust trusts the daemon of the first account, with the external id.
const hubTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
	"Principal":{"AWS":"arn:aws:iam::` + account + `:user/port-iam"},
	"Condition":{"StringEquals":{"sts:ExternalId":"` + externalID + `","aws:PrincipalOrgID":"o-exampleorg"}}}]}`

// members is two accounts: that of the daemon, and one that it enters.
type members struct {
	*world // the daemon's own account

	there   *iamtest.Server // the other account
	hub     *iamops.Clients
	clients *iamops.Clients // of the other account
	member  *iamops.Ops     // there
	reg     *prometheus.Registry
}

func newMembers(t *testing.T, opts iamtest.Options) *members {
	t.Helper()
	m := &members{world: newFake(t, opts), reg: prometheus.NewRegistry()}
	m.there = m.fake.AddAccount(member)
	m.there.AddPolicy(memberBoundary, allowAll)
	m.makeRole()
	m.hub = newClients(t, m.config, m.reg)
	m.clients = m.hub.Enter(memberRole, externalID)
	m.member = opsOf(t, m.clients, member, memberBoundary)
	return m
}

// makeRole makes the role that the daemon assumes, again if it is there.
func (m *members) makeRole() { m.there.AddRole("/platform/", "PortIam", hubTrust, allowAll) }

// opsOf makes the operations of a daemon in an account.
func opsOf(t *testing.T, c *iamops.Clients, account, boundary string) *iamops.Ops {
	t.Helper()
	o := options(t, c.IAM)
	o.Account, o.Boundary = account, boundary
	ops, err := iamops.New(o)
	noError(t, err)
	return ops
}

// assumed checks how often the role was to be assumed since the last time.
func (m *members) assumed(t *testing.T, when string, want int) {
	t.Helper()
	if n := m.there.CallCount("AssumeRole"); n != want {
		t.Errorf("%s: the role was assumed %d times, want %d", when, n, want)
	}
	m.there.ResetCalls()
}

// stsFault is trouble with AssumeRole.
func stsFault(f iamtest.Fault) iamtest.Fault {
	f.Op, f.Count = "AssumeRole", -1
	return f
}

// endpoints is a setting of the environment or the shared configuration.
type endpoints map[string]string

// GetServiceBaseEndpoint is how the SDK asks for the endpoint of a service.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, service string) (string, bool, error) {
	url, ok := e[service]
	return url, ok, nil
}
