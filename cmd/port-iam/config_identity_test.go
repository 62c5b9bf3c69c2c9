package main

import (
	"maps"
	"strings"
	"testing"

	"port-iam/iamops"
)

const storeRole = "arn:aws:iam::999999999999:role/identity/Reader"

// storeEnv are settings with which requesters are looked up.
func storeEnv() map[string]string {
	env := validEnv()
	env["GRANT_USER_NAME"], env["IDENTITY_STORE_ID"], env["IDENTITY_STORE_REGION"] = "identity-store", "d-1234567890", "eu-central-1"
	return env
}

func TestIdentityStoreSettings(t *testing.T) {
	env := storeEnv()
	env["IDENTITY_STORE_ROLE"], env["GRANT_EMAIL_DOMAIN"] = storeRole, "example.com"
	cfg, err := readWith(t, env)
	if err != nil {
		t.Fatal(err)
	}
	if s := cfg.identityStore; s.id != "d-1234567890" || s.region != "eu-central-1" || s.role != storeRole {
		t.Errorf("%+v", s)
	}
	if len(cfg.warnings) > 0 {
		t.Errorf("warnings %v", cfg.warnings)
	}
	if _, err := cfg.grant.userName(strings.Repeat("x", 100) + "@example.com"); err != nil {
		t.Errorf("a long e-mail is a matter of the store: %v", err)
	}
	if _, err := cfg.grant.userName("alice@example.org"); err == nil {
		t.Error("another domain is looked up")
	}
	if err := cfg.checkOwn(iamops.Identity{Account: "123456789012", Partition: "aws"}); err != nil {
		t.Error(err)
	}
	if err := cfg.checkOwn(iamops.Identity{Account: "123456789012", Partition: "aws-cn"}); err == nil || !strings.HasPrefix(err.Error(), "IDENTITY_STORE_ROLE: ") {
		t.Errorf("a role of another partition: %v", err)
	}
}

// TestNoStoreForTheAccount: where no name counts, nobody is looked up.
func TestNoStoreForTheAccount(t *testing.T) {
	for _, change := range []map[string]string{
		{"GRANT_TRUST": "account"},
		{"GRANT_TRUST": "account", "IDENTITY_STORE_ID": "", "IDENTITY_STORE_REGION": ""},
	} {
		env := storeEnv()
		maps.Copy(env, change)
		cfg, err := readWith(t, env)
		if err != nil {
			t.Fatal(err)
		}
		if cfg.identityStore.id != "" {
			t.Errorf("%+v", cfg.identityStore)
		}
		if name, err := cfg.grant.userName("not-an-email"); err != nil || name != "not-an-email" {
			t.Errorf("%q, %v", name, err)
		}
	}
}

func TestIdentityStoreProblems(t *testing.T) {
	for want, change := range map[string]map[string]string{
		"IDENTITY_STORE_ID: is missing: GRANT_USER_NAME=identity-store needs":               {"IDENTITY_STORE_ID": ""},
		"IDENTITY_STORE_REGION: is missing: GRANT_USER_NAME=identity-store needs":           {"IDENTITY_STORE_REGION": ""},
		`IDENTITY_STORE_ID: "d-1" is not the id of an identity store`:                       {"IDENTITY_STORE_ID": "d-1"},
		`IDENTITY_STORE_ID: "D-1234567890" is not the id`:                                   {"IDENTITY_STORE_ID": "D-1234567890"},
		`IDENTITY_STORE_REGION: "eu.central" is not a region`:                               {"IDENTITY_STORE_REGION": "eu.central"},
		`IDENTITY_STORE_REGION: "mars" is not a region`:                                     {"IDENTITY_STORE_REGION": "mars"},
		`IDENTITY_STORE_REGION: "eu-west-1a" is not a region`:                               {"IDENTITY_STORE_REGION": "eu-west-1a"},
		`IDENTITY_STORE_ROLE: "Reader" is not the ARN of a role`:                            {"IDENTITY_STORE_ROLE": "Reader"},
		`IDENTITY_STORE_ROLE: "arn:aws:iam::999999999999:role//a" is not the ARN of a role`: {"IDENTITY_STORE_ROLE": "arn:aws:iam::999999999999:role//a"},
		`IDENTITY_STORE_ROLE: "arn:aws:iam::999999999999:user/a" is not the ARN of a role`:  {"IDENTITY_STORE_ROLE": "arn:aws:iam::999999999999:user/a"},
		"IDENTITY_STORE_ROLE: port-iam/Permission-x has a name of grants":                   {"IDENTITY_STORE_ROLE": "arn:aws:iam::999999999999:role/port-iam/Permission-x"},
		"IDENTITY_STORE_ID: contradicts GRANT_USER_NAME=email":                              {"GRANT_USER_NAME": "email", "IDENTITY_STORE_REGION": ""},
		"IDENTITY_STORE_REGION: contradicts GRANT_USER_NAME=email":                          {"GRANT_USER_NAME": "", "IDENTITY_STORE_ID": ""},
		"IDENTITY_STORE_ROLE: contradicts GRANT_USER_NAME=local-part":                       {"GRANT_USER_NAME": "local-part", "GRANT_EMAIL_DOMAIN": "a.com", "IDENTITY_STORE_ID": "", "IDENTITY_STORE_REGION": "", "IDENTITY_STORE_ROLE": storeRole},
		"IDENTITY_STORE_ID: \"x\" is not the id":                                            {"GRANT_TRUST": "account", "IDENTITY_STORE_ID": "x"},
		"AWS_ENDPOINT_URL_IDENTITYSTORE: is http:// to":                                     {"AWS_ENDPOINT_URL_IDENTITYSTORE": "http://store.example.com"},
		`GRANT_USER_NAME: "upn" is none of email, local-part, identity-store`:               {"GRANT_USER_NAME": "upn", "IDENTITY_STORE_ID": "", "IDENTITY_STORE_REGION": ""},
	} {
		t.Run(want, func(t *testing.T) {
			env := storeEnv()
			maps.Copy(env, change)
			_, err := readWith(t, env)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestSourceIdentityTemplate: the example for people whose sessions carry a source identity
// is a directory that the daemon takes, for each kind of trust and several accounts.
func TestSourceIdentityTemplate(t *testing.T) {
	for _, env := range []map[string]string{
		{},
		{"GRANT_DURATION": "0", "GRANT_MAX_DURATION": "0"},
		{"GRANT_TRUST": "iam-user"},
		{"GRANT_TRUST": "account"},
		{"GRANT_TRUST_ACCOUNTS": "self," + accountIDs(3)},
	} {
		all := validEnv()
		maps.Copy(all, env)
		all["TEMPLATES_DIR"] = "../../deploy/templates/source-identity"
		if _, err := readWith(t, all); err != nil {
			t.Errorf("%v: %v", env, err)
		}
	}
}
