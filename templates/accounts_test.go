package templates_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"port-iam/templates"
	goldenfile "port-iam/test/kit/golden"
)

const otherAccount = "210987654321"

func sampleHub() templates.Hub {
	return templates.Hub{Partition: "aws", Accounts: []string{otherAccount, "123456789012"}, Role: "PortIam"}
}

func sampleMember() templates.Member {
	return templates.Member{Hub: "arn:aws:iam::999999999999:role/platform/port-iam", Organization: "o-a1b2c3d4e5", ExternalID: "port-iam/1"}
}

// manyAccounts are ids of that many accounts.
func manyAccounts(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("%012d", 100000000001+i*7))
	}
	return ids
}

func placesIn(accounts ...string) (places []templates.Place) {
	for _, account := range accounts {
		p := samplePlace()
		p.Account = account
		places = append(places, p)
	}
	return places
}

// TestDocumentsOfAccounts holds every document that is about several accounts, byte for
// byte.
func TestDocumentsOfAccounts(t *testing.T) {
	hub := func(change func(*templates.Hub)) func() (string, error) {
		h := sampleHub()
		change(&h)
		return func() (string, error) { return templates.HubPolicy(h) }
	}
	for name, render := range map[string]func() (string, error){
		"hub-policy":     hub(func(*templates.Hub) {}),
		"hub-policy-one": hub(func(h *templates.Hub) { h.Accounts = []string{otherAccount} }),
		"hub-policy-identity-store": hub(func(h *templates.Hub) {
			h.Role, h.IdentityStoreRole = "/platform/PortIam", "arn:aws:iam::999999999999:role/IdentityStoreReader"
		}),
		"hub-policy-store-alone": hub(func(h *templates.Hub) {
			h.Accounts, h.IdentityStoreRole = nil, "arn:aws:iam::999999999999:role/IdentityStoreReader"
		}),
		"hub-policy-many": hub(func(h *templates.Hub) {
			h.Accounts, h.IdentityStoreRole = manyAccounts(200), "arn:aws:iam::999999999999:role/IdentityStoreReader"
		}),
		"management-policy-hub": func() (string, error) {
			m, h := sampleManagement(), sampleHub()
			m.Hub = &h
			return templates.ManagementPolicy(m)
		},
		"management-policy-store-alone": func() (string, error) {
			m, h := sampleManagement(), sampleHub()
			h.Accounts, h.IdentityStoreRole = nil, "arn:aws:iam::999999999999:role/IdentityStoreReader"
			m.Hub = &h
			return templates.ManagementPolicy(m)
		},
		"identity-policy": func() (string, error) {
			return templates.IdentityPolicy(templates.StoreReader{Partition: "aws", Store: "d-1234567890", Account: otherAccount})
		},
		"member-trust": func() (string, error) { return templates.MemberTrust(sampleMember()) },
		"member-trust-without-id": func() (string, error) {
			m := sampleMember()
			m.ExternalID = ""
			return templates.MemberTrust(m)
		},
		"requester-policy-accounts":    func() (string, error) { return templates.RequesterPolicy(placesIn(otherAccount, "123456789012")...) },
		"requester-policy-source":      func() (string, error) { return templates.RequesterPolicyWithSource(placesIn(otherAccount)...) },
		"requester-policy-source-many": func() (string, error) { return templates.RequesterPolicyWithSource(placesIn(manyAccounts(200)...)...) },
		"requester-policy-many":        func() (string, error) { return templates.RequesterPolicy(placesIn(manyAccounts(200)...)...) },
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render()
			if err != nil {
				t.Fatal(err)
			}
			goldenfile.Check(t, *update, filepath.Join("testdata", "account", name+".json"), got)
		})
	}
}

// TestAccountsByName: the roles are named one by one as long as that fits, and so is what
// does not fit at all an error with a way out.
func TestAccountsByName(t *testing.T) {
	for _, tt := range []struct {
		n       int
		byName  bool
		tooLong bool
	}{{1, true, false}, {60, true, false}, {120, false, false}, {350, false, false}, {500, false, true}} {
		h := sampleHub()
		h.Accounts = manyAccounts(tt.n)
		for what, render := range map[string]func() (string, error){
			"hub policy":       func() (string, error) { return templates.HubPolicy(h) },
			"requester policy": func() (string, error) { return templates.RequesterPolicy(placesIn(h.Accounts...)...) },
		} {
			got, err := render()
			switch {
			case tt.tooLong:
				if err == nil || !strings.Contains(err.Error(), "name fewer than 500 accounts") {
					t.Errorf("%s of %d accounts: %v", what, tt.n, err)
				}
			case err != nil || templates.Length(got) > templates.MaxPolicy:
				t.Errorf("%s of %d accounts: %d characters: %v", what, tt.n, templates.Length(got), err)
			case strings.Contains(got, "aws:ResourceAccount") == tt.byName || strings.Contains(got, "iam::*:") == tt.byName:
				t.Errorf("%s of %d accounts: %s", what, tt.n, got)
			case slices.ContainsFunc(h.Accounts, func(id string) bool { return !strings.Contains(got, id) }):
				t.Errorf("%s of %d accounts lacks one of them", what, tt.n)
			}
		}
	}
}

// TestIdentityStoreRoleOfTheSameName: the role for the identity store may be called like
// those of the accounts. The many accounts of a long policy must not shut it out.
func TestIdentityStoreRoleOfTheSameName(t *testing.T) {
	h := sampleHub()
	h.Accounts, h.IdentityStoreRole = manyAccounts(200), "arn:aws:iam::999999999999:role/PortIam"
	got, err := templates.HubPolicy(h)
	if err != nil || !strings.Contains(got, `"999999999999"`) {
		t.Errorf("%v: %s", err, got)
	}
}

// TestAccountsRefused are arguments for which a document would allow more than it says,
// or nothing at all.
func TestAccountsRefused(t *testing.T) {
	hub := func(change func(*templates.Hub)) func() (string, error) {
		h := sampleHub()
		change(&h)
		return func() (string, error) { return templates.HubPolicy(h) }
	}
	member := func(change func(*templates.Member)) func() (string, error) {
		m := sampleMember()
		change(&m)
		return func() (string, error) { return templates.MemberTrust(m) }
	}
	for _, tt := range []struct {
		name   string
		render func() (string, error)
		want   string
	}{
		{"no account", hub(func(h *templates.Hub) { h.Accounts = nil }), "hub policy: no account is named"},
		{"account with a wildcard", hub(func(h *templates.Hub) { h.Accounts = []string{"*"} }), `the account "*" is not 12 digits`},
		{"partition", hub(func(h *templates.Hub) { h.Partition = "*" }), `"*" is not a partition of AWS`},
		{"role with a wildcard", hub(func(h *templates.Hub) { h.Role = "*" }), `"*" is not the name of a role`},
		{"role that is an ARN", hub(func(h *templates.Hub) { h.Role = "arn:aws:iam::123456789012:role/PortIam" }), "is not the name of a role"},
		{"role that is a folder", hub(func(h *templates.Hub) { h.Role = "platform/" }), "is not the name of a role"},
		{"role of the identity store with a wildcard", hub(func(h *templates.Hub) { h.IdentityStoreRole = "arn:aws:iam::123456789012:role/*" }), "is not the ARN of a role"},
		{"role of the identity store that is a user", hub(func(h *templates.Hub) { h.IdentityStoreRole = "arn:aws:iam::123456789012:user/x" }), "is not the ARN of a role"},
		{"role of the identity store elsewhere", hub(func(h *templates.Hub) { h.IdentityStoreRole = "arn:aws-cn:iam::123456789012:role/x" }), "is not the ARN of a role in partition aws"},
		{"hub that is missing", member(func(m *templates.Member) { m.Hub = "" }), `member trust: "" is not the ARN of a role or user`},
		{"hub that is everybody", member(func(m *templates.Member) { m.Hub = "*" }), `"*" is not the ARN of a role or user`},
		{"hub that is an account", member(func(m *templates.Member) { m.Hub = "arn:aws:iam::999999999999:root" }), "is not the ARN of a role or user"},
		{"no organisation", member(func(m *templates.Member) { m.Organization = "" }), `"" is not the id of an organisation`},
		{"any organisation", member(func(m *templates.Member) { m.Organization = "o-*" }), `"o-*" is not the id of an organisation`},
		{"external id with a variable", member(func(m *templates.Member) { m.ExternalID = "${aws:userid}" }), "the external id holds characters"},
		{"external id that is too long", member(func(m *templates.Member) { m.ExternalID = strings.Repeat("x", 2000) }), "choose a shorter external id"},
		{"hub with a wrong role in a management policy", func() (string, error) {
			m, h := sampleManagement(), sampleHub()
			h.Role, m.Hub = "*", &h
			return templates.ManagementPolicy(m)
		}, `management policy: "*" is not the name of a role`},
		{"a store that is none", func() (string, error) {
			return templates.IdentityPolicy(templates.StoreReader{Partition: "aws", Store: "d-*", Account: "*"})
		}, `"d-*" is not the id of an identity store`},
		{"a store in no account", func() (string, error) {
			return templates.IdentityPolicy(templates.StoreReader{Partition: "x", Store: "d-1234567890", Account: "1"})
		}, `the account "1" is not 12 digits`},
		{"nobody to switch", func() (string, error) { return templates.RequesterPolicy() }, "requester policy: no account is named"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.render()
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != "" {
				t.Errorf("%q, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// TestTrustFits: the trust of a grant has room for a dozen accounts, and that it has not
// for more is said with the settings and not with the first request.
func TestTrustFits(t *testing.T) {
	set := builtin(t)
	settings := func(trust string, n int) templates.Data {
		return templates.Data{Account: "123456789012", Partition: "aws-us-gov", Trust: trust, TrustAccounts: manyAccounts(n)}
	}
	for trust, most := range map[string]int{templates.TrustIdentityCenter: 13, templates.TrustAccount: 46} {
		if err := set.CheckTrust(settings(trust, most)); err != nil {
			t.Errorf("%s with %d accounts: %v", trust, most, err)
		}
		const want = "trusted accounts, and AWS takes 2048"
		if err := set.CheckTrust(settings(trust, most+1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s with %d accounts: %v, want %s", trust, most+1, err, want)
		}
	}
	for _, trust := range []string{templates.TrustIdentityCenter, templates.TrustIAMUser, templates.TrustAccount} {
		if err := set.CheckTrust(settings(trust, 0)); err != nil {
			t.Errorf("%s: %v", trust, err)
		}
	}
}
