package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/port"
)

func newCheck() *cobra.Command {
	var asJSON bool
	var user string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check everything that must be true before `port-iam run` works",
		Long: "Checks the settings, then Port, Kafka and AWS, step by step. Says of each step whether it is ok, and if not,\n" +
			"why and what to do. Changes nothing and does not join the consumer group. A step that the credentials may not\n" +
			"read is skipped with the reason: the daemon works without that right. A warning is no failure: the daemon works, but\n" +
			"more people may do something in Port than may be meant. With --user, says whom a grant of that person would trust.\n" +
			"Exit code: 0 nothing failed, 1 something failed, 2 a setting is wrong.",
		Example: "  port-iam check\n  port-iam check --user alice@example.com\n  port-iam check --json | jq '.steps[] | select(.result == \"failed\")'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd.Context(), user, asJSON, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON object")
	cmd.Flags().StringVar(&user, "user", "", "also say whom a grant of this `e-mail` would trust, and whether that user exists")
	return cmd
}

// Results of a step.
const (
	resultOK      = "ok"
	resultWarning = "warning" // the daemon works, but a person should look at this
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

func warning(why, remedy string) stepOutcome {
	return stepOutcome{Result: resultWarning, Why: why, Remedy: remedy}
}

func failed(why error, remedy string) stepOutcome {
	return stepOutcome{Result: resultFailed, Why: why.Error(), Remedy: remedy}
}

func skipped(format string, args ...any) stepOutcome {
	return stepOutcome{Result: resultSkipped, Why: fmt.Sprintf(format, args...)}
}

// checkReport is the JSON form of it all.
type checkReport struct {
	OK    bool          `json:"ok"`
	Steps []stepOutcome `json:"steps"`
	User  *trustedUser  `json:"user,omitempty"` // of --user

	failed int // how many steps did
}

// stepTimeout bounds one step; the checks of Kafka take the longest.
const stepTimeout = 40 * time.Second

func runCheck(ctx context.Context, user string, asJSON bool, stdout, stderr io.Writer) error {
	cfg, err := readSettings().parse(defaultAWS)
	if err != nil {
		if asJSON {
			settings := failed(err, "correct the variables, then run `port-iam check` again for the other steps")
			settings.Step = stepSettings
			_ = writeJSON(stdout, checkReport{Steps: []stepOutcome{settings}})
		}
		return configError{err}
	}
	c, err := newChecker(ctx, cfg, stderr)
	if err != nil {
		return err
	}
	c.user.Email = user
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

	offer     sync.Once
	actionIDs []string // of the catalogue in Port
	offerErr  error
	surveyed  []grants.Surveyed // the permissions of the catalogue; nil: not judged

	access    port.KafkaAccess
	reached   []string // brokers that take a connection
	preflight error    // of the consumer

	user trustedUser // of --user; Email "": none
}

// newChecker asks AWS who we are: steps before those about AWS want to know, too.
func newChecker(ctx context.Context, cfg *config, stderr io.Writer) (*checker, error) {
	c := &checker{clients: clients{cfg: cfg, log: slog.New(slog.DiscardHandler)}, org: cfg.port.orgID}
	if c.whoErr = c.open(ctx); c.portal == nil {
		return nil, c.whoErr
	} else if c.whoErr != nil {
		return c, nil
	}
	defer progress(stderr, "asking AWS who we are")()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	c.identity, c.whoErr = c.aws.Identity(ctx)
	return c, nil
}

const stepSettings = "settings"

// takeStep takes a step, or skips it where one that it needs is broken. It returns
// the step that breaks it, which may be itself; "" where it went well.
type takeStep func(name string, do func(context.Context) stepOutcome, needs ...string) (broken string)

// run takes all steps.
func (c *checker) run(ctx context.Context, stderr io.Writer) *checkReport {
	report := &checkReport{}
	c.steps(ctx, report, stderr)
	if report.OK = report.failed == 0; c.user.Email != "" {
		report.User = &c.user
	}
	return report
}

// taking takes steps for the report, one after the other.
func (r *checkReport) taking(ctx context.Context, stderr io.Writer) takeStep {
	return func(name string, do func(context.Context) stepOutcome, needs ...string) string {
		defer progress(stderr, "checking: "+name)()
		ctx, cancel := context.WithTimeout(ctx, stepTimeout)
		defer cancel()
		var o stepOutcome
		broken := cmp.Or(needs...)
		if broken != "" {
			o = skipped("needs %q", broken)
		} else if o = do(ctx); o.Result == resultFailed {
			r.failed++
			broken = name
		}
		o.Step, o.Why, o.Remedy = name, flat(o.Why), flat(o.Remedy)
		r.Steps = append(r.Steps, o)
		return broken
	}
}

// steps are the chain in the order in which it is shown.
func (c *checker) steps(ctx context.Context, report *checkReport, stderr io.Writer) {
	take := report.taking(ctx, stderr)
	take(stepSettings, c.settings)
	take("templates", c.templates)
	take("audit log", c.auditLog)
	login := take("Port login", c.login)
	organization := take("Port organisation", c.organization, login)
	take("Port clock", c.portClock, login)
	permissions := c.model(take, login)
	take("who may use the actions", c.openActions, login)
	take("who may edit the catalogue", c.openCatalogue, login)
	access := take("Kafka access", c.kafkaSettings)
	names := take("Kafka DNS", c.kafkaDNS, access)
	connection := take("Kafka connection", c.kafkaConnection, names)
	encryption := take("Kafka TLS", c.kafkaTLS, connection)
	kafkaLogin := take("Kafka login", c.kafkaLogin, encryption, organization)
	topic := take("Kafka topic", c.kafkaTopic, kafkaLogin)
	take("Kafka group", c.kafkaGroup, topic)
	identity := take("AWS identity", c.whoWeAre)
	take("AWS clock", c.awsClock, identity)
	if c.cfg.identityStore.id != "" {
		take("identity store", c.identityStore, identity)
	}
	if c.user.Email != "" {
		take("requester", c.requester, identity)
	}
	c.accounts(ctx, report, stderr, identity, organization, permissions)
	take("permissions on the resources", c.offered, identity, organization, permissions)
	take("limits of permissions", c.limits, identity, organization, permissions)
	take("rights of requesters", c.requesters)
}

// writeSteps is the report for people.
func writeSteps(w io.Writer, r *checkReport) error {
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
		return failed(fmt.Errorf("the local clock is %s: %s", clockOff(skew, whose), effect), "set the clock, for example by NTP")
	}
	return fine("%s apart", skew.Abs())
}
