package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"port-iam/grants"
	"port-iam/templates"
)

// planned is the output of `port-iam plan` for one request.
type planned struct {
	Refused    string             `json:"refused,omitempty"` // why; then there is nothing else
	Resource   string             `json:"resource,omitempty"`
	Related    []string           `json:"related,omitempty"`
	Statements []plannedStatement `json:"statements,omitempty"`
	End        string             `json:"end,omitempty"` // RFC 3339; "" until revoked
	Policy     json.RawMessage    `json:"policy,omitempty"`
	Size       int                `json:"size,omitempty"` // characters of the policy, as AWS counts
	SizeLimit  int                `json:"size_limit,omitempty"`
	Trust      json.RawMessage    `json:"trust,omitempty"`
	RoleARN    string             `json:"role_arn,omitempty"`
	ConsoleURL string             `json:"console_url,omitempty"`
	Profile    string             `json:"aws_profile,omitempty"`
	Log        string             `json:"log,omitempty"`
	Warnings   []string           `json:"warnings,omitempty"`
	NotJudged  []string           `json:"not_judged"`
}

type plannedStatement struct {
	Origin    string   `json:"origin"`
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
	Region    string   `json:"region,omitempty"` // to which calls are limited
}

func newPlanned(p grants.Preview, refused error, notJudged []string) planned {
	if refused != nil {
		return planned{Refused: refused.Error(), NotJudged: notJudged}
	}
	out := planned{
		Resource: p.Resource, Related: p.Related,
		Policy: json.RawMessage(p.Plan.Policy), Size: templates.Length(p.Plan.Policy), SizeLimit: templates.MaxPolicy,
		Trust: json.RawMessage(p.Plan.Trust), RoleARN: p.Plan.RoleARN, ConsoleURL: p.Plan.ConsoleURL, Profile: p.Plan.Profile, Log: p.Log,
		Warnings: p.Plan.Scope.Warnings, NotJudged: notJudged,
	}
	if !p.End.IsZero() {
		out.End = p.End.Format(time.RFC3339)
	}
	for _, st := range p.Plan.Scope.Statements {
		out.Statements = append(out.Statements, plannedStatement{string(st.Origin), st.Actions, st.Resources, st.Region})
	}
	return out
}

// text writes the plan for people.
func (p planned) text(w io.Writer) error {
	var b strings.Builder
	if p.Refused != "" {
		fmt.Fprintf(&b, "The request would be refused:\n%s\n", indented(p.Refused))
	} else {
		b.WriteString("The request would be granted.\n\nIt allows\n")
		for _, st := range p.Statements {
			fmt.Fprintf(&b, "  %s (%s)\n", strings.Join(st.Actions, ", "), st.Origin)
			for _, r := range st.Resources {
				if st.Region != "" {
					r += " in Region " + st.Region
				}
				fmt.Fprintf(&b, "    on %s\n", r)
			}
		}
		fmt.Fprintf(&b, "\nThe policy has %d of %d characters.\n\nThe log of the run\n%s\n\nThe trust policy of the role\n%s\n", p.Size, p.SizeLimit, indented(p.Log), indented(string(p.Trust)))
	}
	b.WriteString("\nNot judged\n")
	for _, n := range p.NotJudged {
		fmt.Fprintf(&b, "  - %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// indented is a text from elsewhere, each line moved to the right.
func indented(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = "  " + printable(l)
	}
	return strings.Join(lines, "\n")
}

// surveyRow is the JSON of one permission of a whole catalogue.
type surveyRow struct {
	Permission   string `json:"permission"`
	ResourceType string `json:"resource_type"`
	Works        int    `json:"works"`
	Resources    int    `json:"resources"`
	Never        bool   `json:"never"`
	Why          string `json:"why,omitempty"`
	On           string `json:"on,omitempty"`

	NeedsApproval bool     `json:"needs_approval,omitempty"`
	Odd           []string `json:"odd,omitempty"` // what the catalogue has of it without effect
}

func surveyRows(all []grants.Surveyed, longest time.Duration) []surveyRow {
	rows := make([]surveyRow, len(all))
	for i, p := range all {
		rows[i] = surveyRow{p.Permission, p.ResourceType, p.Works, p.Resources, p.Never(), p.Why, p.On, p.NeedsApproval, p.Odd(longest)}
	}
	return rows
}

// writeSurvey writes what does not work everywhere, for people.
func writeSurvey(w io.Writer, all []grants.Surveyed, resources int, longest time.Duration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s and %s were judged.\n", count(len(all), "permission"), count(resources, "resource"))
	chapter := func(title string, is func(grants.Surveyed) bool) {
		for _, p := range all {
			if is(p) {
				b.WriteString(title)
				title = ""
				fmt.Fprintf(&b, "  %s\n", printable(p.String()))
			}
		}
	}
	chapter("\nNever granted\n", grants.Surveyed.Never)
	chapter("\nGranted on some resources only\n", func(p grants.Surveyed) bool { return p.Works > 0 && p.Works < p.Resources })
	chapter("\nNot judged\n", func(p grants.Surveyed) bool { return p.Resources == 0 && !p.Never() })
	for i, text := range oddOf(all, longest) {
		if i == 0 {
			b.WriteString("\nWorth correcting\n")
		}
		fmt.Fprintf(&b, "  %s\n", printable(text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
