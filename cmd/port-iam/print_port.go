package main

import (
	"bytes"
	"encoding/json"

	"github.com/spf13/cobra"

	"port-iam/templates"
)

// addPortal adds the documents for Port to `port-iam print`.
func (p *printer) addPortal(cmd *cobra.Command) {
	approval := ""
	actions := p.document("actions", "Print the actions and the automation that setup installs in Port",
		"A JSON array of the bodies that `port-iam setup` sends. The message of each names the account.\n"+
			"Identifiers are those of GRANT_ACTION, REVOKE_ACTION, EXPIRE_ACTION.",
		"  port-iam print actions --account 123456789012", p.fill, func() (string, error) { return p.actions(approval) })
	approvalFlag(actions, &approval)
	cmd.AddCommand(actions,
		p.document("blueprints", "Print the blueprints that setup installs in Port",
			"A JSON array of the bodies that `port-iam setup` sends, in the order in which they refer to each other.",
			"  port-iam print blueprints", func() error { return nil }, printBlueprints),
	)
}

func printBlueprints() (string, error) {
	all, err := templates.Blueprints()
	if err != nil {
		return "", err
	}
	return bodies(all)
}

func (p *printer) actions(approval string) (string, error) {
	var bad findings
	a := automation(&bad, readSettings().Actions, approval)
	if err := bad.err(); err != nil {
		return "", err
	}
	a.Account = p.account
	all, err := templates.Actions(a)
	if err != nil {
		return "", err
	}
	return bodies(all)
}

// bodies lays an array out for reading, its members in the order in which they
// are written.
func bodies(all []json.RawMessage) (string, error) {
	var b bytes.Buffer
	err := writeJSON(&b, all)
	return b.String(), err
}
