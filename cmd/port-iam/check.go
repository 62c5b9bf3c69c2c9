package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"port-iam/iamops"
	"port-iam/port"
)

func newCheck() *cobra.Command {
	var asked bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check everything that must be true before `port-iam run` works",
		Long: "Goes through the chain from the settings over Port and Kafka to AWS, and says of each step whether it is ok, why\n" +
			"not, and what to do. Changes nothing and does not join the consumer group. What the credentials may not read is\n" +
			"skipped with the reason: the daemon works without those rights.\n" +
			"Exit code: 0 nothing failed, 1 something failed, 2 a setting is wrong.",
		Example: "  port-iam check\n  port-iam check --json | jq '.steps[] | select(.result == \"failed\")'",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd.Context(), asked, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asked, "json", false, "print a JSON object")
	return cmd
}

// Results of a step.
const (
	stepOK      = "ok"
	stepFailed  = "failed"
	stepSkipped = "skipped"
)

// stepOutcome is how a step went.
type stepOutcome struct {
	Result string `json:"result"`
	Why    string `json:"why,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

func fine(format string, args ...any) stepOutcome {
	return stepOutcome{stepOK, fmt.Sprintf(format, args...), ""}
}

func failed(why error, remedy string) stepOutcome {
	return stepOutcome{stepFailed, why.Error(), remedy}
}

func skipped(format string, args ...any) stepOutcome {
	return stepOutcome{stepSkipped, fmt.Sprintf(format, args...), ""}
}

// step is a step of the chain. It is skipped where one that it needs has failed.
type step struct {
	name  string
	needs []string
	do    func(context.Context) stepOutcome
}

// stepReport is what is printed of a step.
type stepReport struct {
	Step string `json:"step"`
	stepOutcome
}

// checkReport is the JSON form of it all.
type checkReport struct {
	OK    bool         `json:"ok"`
	Steps []stepReport `json:"steps"`
}

// stepTimeout bounds one step; the checks of Kafka take the longest.
const stepTimeout = 40 * time.Second

func runCheck(ctx context.Context, asJSON bool, stdout, stderr io.Writer) error {
	cfg, err := readConfig()
	if err != nil {
		if asJSON {
			settings := failed(err, "correct the variables; `port-iam check` looks at the rest then")
			_ = writeJSON(stdout, checkReport{Steps: []stepReport{{"settings", settings}}})
		}
		return &configError{err}
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
	bad := 0
	for _, s := range report.Steps {
		if s.Result == stepFailed {
			bad++
		}
	}
	return fmt.Errorf("%d of %s failed", bad, count(len(report.Steps), "step"))
}

// checker holds what the steps find out for each other.
type checker struct {
	*daemon // without its loops: the clients, and how they are used
	clock   *dated

	org      string
	identity iamops.Identity
	whoErr   error
	asked    bool // AWS was asked who we are
	ops      *iamops.Ops
	kafka    kafkaChecks
}

func newChecker(ctx context.Context, cfg *config) (*checker, error) {
	c := &checker{
		daemon: &daemon{cfg: cfg, log: slog.New(slog.DiscardHandler), reg: prometheus.NewRegistry()},
		clock:  &dated{next: http.DefaultTransport}, org: cfg.port.orgID,
	}
	var err error
	c.portal, err = newPortal(cfg, func(o *port.Options) { o.HTTPClient = &http.Client{Transport: c.clock} })
	if err != nil {
		return nil, err
	}
	return c, c.connectAWS(ctx)
}

// steps are the chain in the order in which it is shown.
func (c *checker) steps() []step {
	const (
		login, organization, identity                    = "Port login", "Port organisation", "AWS identity"
		access, dns, connection, tls, sasl, topic, group = "Kafka access", "Kafka DNS", "Kafka connection", "Kafka TLS", "Kafka login", "Kafka topic", "Kafka group"
		boundary, permissions                            = "boundary", "blueprint iam_permissions"
	)
	all := []step{
		{"settings", nil, c.settings},
		{"templates", nil, c.templates},
		{login, nil, c.login},
		{organization, []string{login}, c.organization},
		{"Port clock", []string{login}, c.portClock},
	}
	all = append(all, c.model(login)...)
	return append(all,
		step{access, nil, c.kafkaSettings},
		step{dns, []string{access}, c.kafkaDNS},
		step{connection, []string{dns}, c.kafkaConnection},
		step{tls, []string{connection}, c.kafkaTLS},
		step{sasl, []string{tls, organization}, c.kafkaStep(kafkaLogin)},
		step{topic, []string{sasl}, c.kafkaStep(kafkaTopic)},
		step{group, []string{topic}, c.kafkaStep(kafkaGroup)},
		step{identity, nil, c.whoWeAre},
		step{"AWS clock", []string{identity}, c.awsClock},
		step{boundary, []string{identity}, c.boundary},
		step{"permissions in the boundary", []string{identity, boundary, permissions}, c.catalogue},
		step{"Identity Center", []string{identity}, c.identityCenter},
		step{"path", []string{identity, organization}, c.path},
		step{"rights of the daemon", []string{identity, organization}, c.rights},
		step{"rights of requesters", nil, c.requesters},
	)
}

// run takes the steps one after the other.
func (c *checker) run(ctx context.Context, stderr io.Writer) checkReport {
	var current atomic.Value
	current.Store("")
	defer progress(stderr, func() string { return "checking: " + current.Load().(string) })()
	report := checkReport{OK: true}
	broken := map[string]string{} // steps that failed, or need one that did, by that one
	for _, s := range c.steps() {
		current.Store(s.name)
		var o stepOutcome
		for _, need := range s.needs {
			if first := broken[need]; first != "" && broken[s.name] == "" {
				broken[s.name] = first
				o = skipped("needs %q", first)
			}
		}
		if broken[s.name] == "" {
			o = c.take(ctx, s)
		}
		if o.Result == stepFailed {
			report.OK = false
			broken[s.name] = s.name
		}
		o.Why, o.Remedy = flat(o.Why), flat(o.Remedy)
		report.Steps = append(report.Steps, stepReport{s.name, o})
	}
	return report
}

func (c *checker) take(ctx context.Context, s step) stepOutcome {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	return s.do(ctx)
}

// writeSteps is the report for people.
func writeSteps(w io.Writer, r checkReport) error {
	t := newTable(w)
	_, _ = fmt.Fprintln(t, "RESULT\tSTEP\tWHY")
	for _, s := range r.Steps {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", s.Result, s.Step, s.Why)
		if s.Remedy != "" {
			_, _ = fmt.Fprintf(t, "\t\tdo: %s\n", s.Remedy)
		}
	}
	return t.Flush()
}

func (c *checker) settings(context.Context) stepOutcome {
	if len(c.cfg.warnings) > 0 {
		return fine("with deliberate choices: %s", strings.Join(c.cfg.warnings, "; "))
	}
	return fine("no problem found")
}

// templates have been rendered with samples when the settings were read.
func (c *checker) templates(context.Context) stepOutcome {
	s, err := readSettings()
	if err != nil {
		return failed(err, "correct the variables")
	}
	if s.TemplatesDir == "" {
		return fine("built in")
	}
	return fine("%s, and built in for what it does not hold; both render", s.TemplatesDir)
}

// dated is a transport that compares the clock of who answers with ours.
type dated struct {
	next http.RoundTripper
	skew atomic.Pointer[time.Duration]
}

// RoundTrip is part of http.RoundTripper.
func (d *dated) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := time.Now()
	resp, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The answer was dated between sending and now, in whole seconds.
		skew := sent.Add(time.Since(sent) / 2).Sub(date).Truncate(time.Second)
		d.skew.Store(&skew)
	}
	return resp, nil
}

// judgeClock says whether two clocks are near enough.
func judgeClock(whose string, skew time.Duration, known bool, effect string) stepOutcome {
	switch {
	case !known:
		return skipped("%s's answers hold no time", whose)
	case skew.Abs() > maxClockSkew:
		return failed(fmt.Errorf("the local clock is %s ahead of %s's: %s", skew, whose, effect), "set the clock, by NTP for example")
	}
	return fine("%s apart", skew.Abs())
}

var errOtherOrg = errors.New("the credentials are of another organisation")
