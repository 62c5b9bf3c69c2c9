package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"port-iam/grants"
)

// writeGrants is the table of `grants list`.
func writeGrants(w io.Writer, all []grants.Listing, now time.Time) error {
	t := newTable(w)
	_, _ = fmt.Fprintln(t, "NAME\tREQUESTER\tRESOURCE\tPERMISSIONS\tEXPIRES IN\tSTATE")
	for _, g := range all {
		state := string(g.State)
		if g.Why != "" {
			state += ": " + flat(g.Why)
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n",
			cell(g.Name), cell(g.Requester), cell(resourceOf(g)), cell(few(g.Permissions)), expiresIn(g, now), state)
	}
	return t.Flush()
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
	Name        string     `json:"name"`
	State       string     `json:"state"`
	Why         string     `json:"why,omitempty"`
	Requester   string     `json:"requester,omitempty"`
	Resource    string     `json:"resource,omitempty"`
	Resources   []string   `json:"resources_in_policy,omitempty"`
	Permissions []string   `json:"permissions"`
	EndsAt      *time.Time `json:"ends_at,omitempty"`
	ExpiresIn   string     `json:"expires_in"`
	SignInURL   string     `json:"sign_in_url,omitempty"`
	InIAM       bool       `json:"in_iam"`
	InPort      bool       `json:"in_port"`
	Run         string     `json:"run_status,omitempty"`
	Attached    *bool      `json:"attached,omitempty"`
	Changes     []string   `json:"changed_by_hand,omitempty"`
}

func jsonOf(g grants.Listing, now time.Time) grantJSON {
	j := grantJSON{
		Name: g.Name, State: string(g.State), Why: g.Why, Requester: g.Requester, Resource: g.Resource, Resources: g.Resources,
		Permissions: append([]string{}, g.Permissions...), ExpiresIn: expiresIn(g, now), SignInURL: g.SignInURL,
		InIAM: g.InIAM, InPort: g.InPort, Run: g.Run,
	}
	if !g.Ends.IsZero() {
		j.EndsAt = &g.Ends
	}
	if g.Looked != nil {
		j.Attached, j.Changes = &g.Looked.Attached, g.Looked.Changes
	}
	return j
}

// writeGrant is the output of `grants show`.
func writeGrant(w io.Writer, g grants.Listing, roleARN string, now time.Time) error {
	t := newTable(w)
	line := func(name, value string) { _, _ = fmt.Fprintf(t, "%s\t%s\n", name, value) }
	line("Name", cell(g.Name))
	line("State", string(g.State))
	if g.Why != "" {
		line("Why", flat(g.Why))
	}
	line("Requester", cell(g.Requester))
	line("Resource", cell(resourceOf(g)))
	line("Permissions", cell(strings.Join(g.Permissions, ", ")))
	ends := expiresIn(g, now)
	if !g.Ends.IsZero() {
		ends = fmt.Sprintf("%s (in %s)", g.Ends.UTC().Format(time.RFC3339), ends)
		if !g.Ends.After(now) {
			ends = g.Ends.UTC().Format(time.RFC3339) + " (over)"
		}
	}
	line("Ends", ends)
	line("Sign-in URL", cell(g.SignInURL))
	role := "none"
	if g.InIAM {
		role = roleARN
	}
	line("Role", role)
	line("Entity in Port", yesNo(g.InPort))
	line("Run", cell(g.Run))
	if g.Looked != nil {
		line("Usable", usable(g, now))
		for _, c := range g.Looked.Changes {
			line("Changed by hand", flat(c))
		}
	}
	return t.Flush()
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
