package catalogue

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestOwners: each type of resources whose ARNs name no account has a reviewed row in
// testdata/owners.txt, which says how to read it, and statements are limited accordingly.
func TestOwners(t *testing.T) {
	rows, seen := readOwners(t), map[string]bool{}
	eachService(t, shared(t), func(s *service) {
		if deniedServices[s.prefix] != "" {
			return
		}
		for i, of := range s.types {
			row := s.prefix + " " + of.key
			for _, p := range of.patterns {
				if strings.SplitN(p.shape, ":", 4)[2] != "" {
					continue
				}
				if seen[row] = true; rows[row] == "" {
					t.Errorf("%s: %s names no account; whose is it?", row, p.text)
				}
				for _, a := range s.actions {
					name := s.prefix + ":" + a.name
					limited, _ := byOwner(name, []string{instance(p, "name")})
					want := rows[row] == "owned" && !slices.Contains(withoutTheKey, name)
					if slices.Contains(a.types, i) && (len(limited) > 0) != want {
						t.Errorf("%s on %s, which is %s, is limited to the account: %v", name, p.text, rows[row], !want)
					}
				}
			}
		}
	})
	for row := range rows {
		if !seen[row] {
			t.Errorf("%s: no such type has ARNs without an account", row)
		}
	}
}

// withoutTheKey are the actions on owned types that "AWS global condition context keys",
// IAM User Guide, lists as those without aws:ResourceAccount.
var withoutTheKey = []string{
	"route53:AssociateVPCWithHostedZone", "route53:CreateVPCAssociationAuthorization",
	"route53:DeleteVPCAssociationAuthorization", "route53:DisassociateVPCFromHostedZone", "route53:ListHostedZonesByVPC",
}

// readOwners returns the verdicts by service and type.
func readOwners(t *testing.T) map[string]string {
	t.Helper()
	const file = "testdata/owners.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' {
			continue
		}
		fields := strings.Split(l, " | ")
		if len(fields) != 4 || !slices.Contains([]string{"owned", "not", "unsupported"}, fields[2]) || len(fields[3]) < 20 {
			t.Fatalf("%s: not a row with a verdict and a page: %s", file, l)
		}
		for _, key := range strings.Split(fields[1], ", ") {
			row := fields[0] + " " + key
			if rows[row] != "" {
				t.Errorf("%s: %s is there twice", file, row)
			}
			rows[row] = fields[2]
		}
	}
	return rows
}
