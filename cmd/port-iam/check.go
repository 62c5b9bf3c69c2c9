package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"port-iam/iamops"
	"port-iam/port"
	"port-iam/templates"
)

func newCheck() *cobra.Command {
	var asked bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check everything that must be true before `port-iam run` works",
		Long: "Checks the settings, then Port, Kafka and AWS, step by step. Says of each step whether it is ok, and if not,\n" +
			"why and what to do. Changes nothing and does not join the consumer group. A step that the credentials may not\n" +
			"read is skipped with the reason: the daemon works without that right.\n" +
			"Exit code: 0 nothing failed, 1 something failed, 2 a setting is wrong.",
		Example: "  port-iam check\n  port-iam check --json | jq '.steps[] | select(.result == \"failed\")'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd.Context(), asked, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asked, "json", false, "print a JSON object")
	return cmd
}

// Results of a step.
const (
	resultOK      = "ok"
	resultFailed  = "failed"
	resultSkipped = "skipped"
)

// stepOutcome is how a step went, as it is printed.
type stepOutcome struct {
	Step   string `json:"step"`
	Result string `json:"result"`
	Why    string `json:"why,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func fine(format string, args ...any) stepOutcome {
	return stepOutcome{Result: resultOK, Why: fmt.Sprintf(format, args...)}
}

func failed(why error, remedy string) stepOutcome {
	return stepOutcome{Result: resultFailed, Why: why.Error(), Remedy: remedy}
}

func skipped(format string, args ...any) stepOutcome {
	return stepOutcome{Result: resultSkipped, Why: fmt.Sprintf(format, args...)}
}

// step is a step of the chain. It is skipped where one that it needs has failed.
type step struct {
	name  string
	needs []string
	do    func(context.Context) stepOutcome
}

// checkReport is the JSON form of it all.
type checkReport struct {
	OK    bool          `json:"ok"`
	Steps []stepOutcome `json:"steps"`

	failed int // how many steps did
}

// stepTimeout bounds one step; the checks of Kafka take the longest.
const stepTimeout = 40 * time.Second

func runCheck(ctx context.Context, asJSON bool, stdout, stderr io.Writer) error {
	cfg, err := readSettings().parse()
	if err != nil {
		if asJSON {
			settings := failed(err, "correct the variables, then run `port-iam check` again for the other steps")
			settings.Step = stepSettings
			_ = writeJSON(stdout, checkReport{Steps: []stepOutcome{settings}})
		}
		return configError{err}
	}
	c, err := newChecker(ctx, cfg)
	if err != nil {
		return err
	}
	report := c.run(ctx, stderr)
	if asJSON {
		err = writeJSON(stdout, report)
	} else {
		err = writeSteps(stdout, report)
	}
	if err != nil || report.OK {
		return err
	}
	return fmt.Errorf("%d of %s failed", report.failed, count(len(report.Steps), "step"))
}

// checker holds what the steps find out for each other.
type checker struct {
	clients
	org      string
	identity iamops.Identity
	whoErr   error // why AWS did not say who we are
	ops      *iamops.Ops

	access    port.KafkaAccess
	reached   []string // brokers that take a connection
	preflight error    // of the consumer
}

// newChecker asks AWS who we are: steps before those about AWS want to know, too.
func newChecker(ctx context.Context, cfg *config) (*checker, error) {
	c := &checker{clients: clients{cfg: cfg, log: slog.New(slog.DiscardHandler)}, org: cfg.port.orgID}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	c.identity, c.whoErr = c.aws.Identity(ctx)
	return c, nil
}

// Names of steps that are referred to.
const (
	stepSettings     = "settings"
	stepPortLogin    = "Port login"
	stepOrganization = "Port organisation"
	stepCatalogue    = "blueprint " + templates.BlueprintPermission
	stepKafkaAccess  = "Kafka access"
	stepKafkaDNS     = "Kafka DNS"
	stepKafkaConnect = "Kafka connection"
	stepKafkaTLS     = "Kafka TLS"
	stepKafkaLogin   = "Kafka login"
	stepKafkaTopic   = "Kafka topic"
	stepIdentity     = "AWS identity"
	stepBoundary     = "boundary"
	stepPath         = "path"
)

// steps are the chain in the order in which it is shown.
func (c *checker) steps() []step {
	all := []step{
		{stepSettings, nil, c.settings},
		{"templates", nil, c.templates},
		{stepPortLogin, nil, c.login},
		{stepOrganization, []string{stepPortLogin}, c.organization},
		{"Port clock", []string{stepPortLogin}, c.portClock},
	}
	all = append(all, c.model()...)
	return append(all,
		step{stepKafkaAccess, nil, c.kafkaSettings},
		step{stepKafkaDNS, []string{stepKafkaAccess}, c.kafkaDNS},
		step{stepKafkaConnect, []string{stepKafkaDNS}, c.kafkaConnection},
		step{stepKafkaTLS, []string{stepKafkaConnect}, c.kafkaTLS},
		step{stepKafkaLogin, []string{stepKafkaTLS, stepOrganization}, c.kafkaLogin},
		step{stepKafkaTopic, []string{stepKafkaLogin}, c.kafkaTopic},
		step{"Kafka group", []string{stepKafkaTopic}, c.kafkaGroup},
		step{stepIdentity, nil, c.whoWeAre},
		step{"AWS clock", []string{stepIdentity}, c.awsClock},
		step{stepBoundary, []string{stepIdentity}, c.boundary},
		step{"permissions in the boundary", []string{stepIdentity, stepBoundary, stepCatalogue}, c.catalogue},
		step{"Identity Center", []string{stepIdentity}, c.identityCenter},
		step{stepPath, []string{stepIdentity, stepOrganization}, c.path},
		step{"rights of the daemon", []string{stepIdentity, stepOrganization}, c.rights},
		step{"rights of requesters", nil, c.requesters},
	)
}

// run takes the steps one after the other.
func (c *checker) run(ctx context.Context, stderr io.Writer) checkReport {
	var report checkReport
	broken := map[string]string{} // steps that failed, or need one that did, by that one
	for _, s := range c.steps() {
		var o stepOutcome
		if i := slices.IndexFunc(s.needs, func(need string) bool { return broken[need] != "" }); i >= 0 {
			broken[s.name] = broken[s.needs[i]]
			o = skipped("needs %q", broken[s.name])
		} else if o = take(ctx, s, stderr); o.Result == resultFailed {
			report.failed++
			broken[s.name] = s.name
		}
		o.Step, o.Why, o.Remedy = s.name, flat(o.Why), flat(o.Remedy)
		report.Steps = append(report.Steps, o)
	}
	report.OK = report.failed == 0
	return report
}

func take(ctx context.Context, s step, stderr io.Writer) stepOutcome {
	defer progress(stderr, "checking: "+s.name)()
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	return s.do(ctx)
}

// writeSteps is the report for people.
func writeSteps(w io.Writer, r checkReport) error {
	rows := [][]string{{"RESULT", "STEP", "WHY"}}
	for _, s := range r.Steps {
		rows = append(rows, []string{s.Result, s.Step, s.Why})
		if s.Remedy != "" {
			rows = append(rows, []string{"", "", "do: " + s.Remedy})
		}
	}
	return writeTable(w, rows)
}

func (c *checker) settings(context.Context) stepOutcome {
	if len(c.cfg.warnings) > 0 {
		return fine("with deliberate choices: %s", strings.Join(c.cfg.warnings, "; "))
	}
	return fine("no problem found")
}

// templates have been rendered with samples when the settings were read.
func (c *checker) templates(context.Context) stepOutcome {
	if c.cfg.grant.templatesDir == "" {
		return fine("built in")
	}
	return fine("%s, and the built-in ones for what it does not hold; both render", c.cfg.grant.templatesDir)
}

// judgeClock says whether two clocks are near enough, if the other is known.
func judgeClock(whose string, skew time.Duration, known bool, effect string) stepOutcome {
	switch {
	case !known:
		return skipped("%s's answers hold no time", whose)
	case skew.Abs() > iamops.MaxClockSkew:
		return failed(fmt.Errorf("the local clock is %s ahead of %s's: %s", skew, whose, effect), "set the clock, for example by NTP")
	}
	return fine("%s apart", skew.Abs())
}
