package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"port-iam/grants"
)

// writeGrants is the table of `grants list`.
func writeGrants(w io.Writer, all []grants.Listing, now time.Time) error {
	rows := [][]string{{"NAME", "ACCOUNT", "REQUESTER", "RESOURCE", "PERMISSIONS", "EXPIRES IN", "STATE"}}
	for _, g := range all {
		state := string(g.State)
		if g.Why != "" {
			state += ": " + flat(g.Why)
		}
		if g.Looked != nil && len(g.Looked.Differences) > 0 {
			state += "; " + flat(strings.Join(g.Looked.Differences, "; "))
		}
		rows = append(rows, []string{
			cell(g.Name), cell(g.Account), cell(g.Requester), cell(resourceOf(g)), cell(few(g.Permissions)), expiresIn(g, now), state,
		})
	}
	return writeTable(w, rows)
}

// resourceOf is the resource as Port says, or else as the policy says.
func resourceOf(g grants.Listing) string {
	if g.Resource != "" {
		return g.Resource
	}
	return few(g.Resources)
}

// expiresIn is the time that is left, in words of the table. We know no end of a
// foreign object, nor of what exists in Port alone.
func expiresIn(g grants.Listing, now time.Time) string {
	switch {
	case g.Ends.IsZero() && g.InIAM && g.State != grants.StateForeign:
		return "until revoked"
	case g.Ends.IsZero():
		return "-"
	}
	return timeLeft(g.Ends.Sub(now))
}

// grantJSON is a grant for programs.
type grantJSON struct {
	Name        string    `json:"name"`
	Account     string    `json:"account"`
	State       string    `json:"state"`
	Why         string    `json:"why,omitempty"`
	Requester   string    `json:"requester,omitempty"`
	Resource    string    `json:"resource,omitempty"`
	Resources   []string  `json:"resources_in_policy,omitempty"`
	Permissions []string  `json:"permissions"`
	EndsAt      time.Time `json:"ends_at,omitzero"`
	ExpiresIn   string    `json:"expires_in"`
	SignInURL   string    `json:"sign_in_url,omitempty"`
	InIAM       bool      `json:"in_iam"`
	InPort      bool      `json:"in_port"`
	Run         string    `json:"run_status,omitempty"`
	Attached    *bool     `json:"attached,omitempty"`
	Changes     []string  `json:"changed_by_hand,omitempty"`
	Differences []string  `json:"port_and_iam_differ,omitempty"`
	Unread      string    `json:"could_not_be_read,omitempty"`
	// Only of one that is shown by itself.
	Policy   any      `json:"policy_document,omitempty"`
	Versions []string `json:"policy_versions,omitempty"` // the one in use first
	Trust    any      `json:"trust_document,omitempty"`
}

func jsonOf(g grants.Listing, now time.Time) grantJSON {
	j := grantJSON{
		Name: g.Name, Account: g.Account, State: string(g.State), Why: g.Why, Requester: g.Requester, Resource: g.Resource, Resources: g.Resources,
		Permissions: append([]string{}, g.Permissions...), EndsAt: g.Ends, ExpiresIn: expiresIn(g, now), SignInURL: g.SignInURL,
		InIAM: g.InIAM, InPort: g.InPort, Run: g.Run,
	}
	if g.Looked != nil {
		j.Attached, j.Changes, j.Differences = &g.Looked.Attached, g.Looked.Changes, g.Looked.Differences
	}
	if g.Unread != nil {
		j.Unread = g.Unread.Error()
	}
	return j
}

// document is a policy of IAM for programs: the JSON that it is, the text of one that was
// made unreadable, or nil where there is none.
func document(text string) any {
	switch {
	case text == "":
		return nil
	case json.Valid([]byte(text)):
		return json.RawMessage(text)
	}
	return text
}

// writeDocuments adds the policies of a grant to the output of `grants show`.
func writeDocuments(w io.Writer, g grants.Listing) error {
	for _, d := range []struct{ title, text string }{
		{"Permission policy, " + flat(versions(g.Versions)), g.Policy},
		{"Trust policy", g.Trust},
	} {
		if d.text == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "\n%s\n", d.title); err != nil {
			return err
		}
		if err := writeJSON(w, document(d.text)); err != nil {
			return err
		}
	}
	return nil
}

// versions says which version of a policy is in use, and which others there are.
func versions(all []string) string {
	switch len(all) {
	case 0:
		return "whose versions could not be read"
	case 1:
		return "version " + all[0]
	}
	return fmt.Sprintf("version %s in use, and also there: %s", all[0], strings.Join(all[1:], ", "))
}

// writeGrant is the output of `grants show`.
func writeGrant(w io.Writer, g grants.Listing, roleARN string, now time.Time) error {
	ends, role, entity := expiresIn(g, now), "none", "no"
	if g.Ends.After(now) {
		ends = "in " + ends
	}
	if !g.Ends.IsZero() {
		ends = fmt.Sprintf("%s (%s)", g.Ends.UTC().Format(time.RFC3339), ends)
	}
	if g.InIAM {
		role = roleARN
	}
	if g.InPort {
		entity = "yes"
	}
	rows := [][]string{
		{"Name", cell(g.Name)},
		{"Account", cell(g.Account)},
		{"State", string(g.State)},
		{"Requester", cell(g.Requester)},
		{"Resource", cell(resourceOf(g))},
		{"Permissions", cell(strings.Join(g.Permissions, ", "))},
		{"Ends", ends},
		{"Sign-in URL", cell(g.SignInURL)},
		{"Role", role},
		{"Entity in Port", entity},
		{"Run", cell(g.Run)},
	}
	if g.Why != "" {
		rows = slices.Insert(rows, 3, []string{"Why", flat(g.Why)})
	}
	if g.Looked != nil {
		rows = append(rows, []string{"Usable", usable(g, now)})
		for _, c := range g.Looked.Changes {
			rows = append(rows, []string{"Changed by hand", flat(c)})
		}
		for _, d := range g.Looked.Differences {
			rows = append(rows, []string{"Port and IAM differ", flat(d)})
		}
	}
	return writeTable(w, rows)
}

func usable(g grants.Listing, now time.Time) string {
	switch {
	case g.Looked.Cut:
		return "no: its access is cut"
	case !g.Looked.Attached:
		return "no: its policy is not attached"
	case !g.Ends.IsZero() && !g.Ends.After(now):
		return "no: its time is over"
	}
	return "yes, until it ends"
}
