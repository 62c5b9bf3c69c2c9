package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/prometheus/client_golang/prometheus"

	"port-iam/consumer"
	"port-iam/grants"
	"port-iam/iamops"
	"port-iam/internal/audit"
	"port-iam/port"
)

// How each part is made from the configuration: run, check, grants and setup have
// theirs from here, and what they need of an AWS account from wire_accounts.go. Nothing is
// called until a part is used.

const defaultRegion = "us-east-1" // IAM is global; the SDK wants a region

// askTimeout is how long a command asks AWS who we are: the SDK looks for
// credentials in many places.
const askTimeout = 30 * time.Second

// clients speak to Port and AWS. The other parts are made on top of them.
type clients struct {
	cfg *config
	log *slog.Logger
	reg prometheus.Registerer // nil: nobody reads the metrics

	// Made by open.
	portal *port.Client
	aws    *iamops.Clients
	store  *iamops.IdentityStore // nil: nobody is looked up

	audit *audit.Log // nil: off
	actor string     // the caller ARN of the operator; "": this is the daemon

	kafkaKnown atomic.Bool // that Port, or the settings, have given access to Kafka
}

// open makes both.
func (c *clients) open(ctx context.Context) (err error) {
	if c.portal, err = newPortal(c.cfg, port.Options{Log: c.log, Registerer: c.reg}); err != nil {
		return err
	}
	if c.aws, err = newAWS(ctx, c.cfg.aws, c.log, c.reg); err != nil {
		return err
	}
	c.store = c.newStore()
	return nil
}

func newPortal(cfg *config, o port.Options) (*port.Client, error) {
	o.BaseURL, o.ClientID, o.ClientSecret = cfg.port.baseURL, cfg.port.clientID, cfg.port.clientSecret.reveal()
	o.UserAgent = "port-iam/" + version
	return port.New(o)
}

func newAWS(ctx context.Context, load func(context.Context) (aws.Config, error), log *slog.Logger, reg prometheus.Registerer) (*iamops.Clients, error) {
	cfg, err := loadAWS(ctx, load)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		cfg.Region = defaultRegion
		log.Info("AWS_REGION is not set, using the default", "region", defaultRegion)
	}
	return iamops.NewClients(cfg, reg)
}

// checkOrganization compares the organisation of the credentials with PORT_ORG_ID,
// which need not be set.
func (c *config) checkOrganization(org string) error {
	if own := c.port.orgID; own != "" && own != org {
		return fmt.Errorf("PORT_ORG_ID is %s, and the credentials are of %s: correct one of them", own, org)
	}
	return nil
}

// newService makes the service that handles runs, sweeps, and works for an
// operator.
func (c *clients) newService(served []account) (*grants.Service, error) {
	cfg := c.cfg
	o := grants.Options{
		Portal: c.portal, Accounts: accessOf(served), Actions: cfg.actions, Concurrency: cfg.grant.concurrency,
		Terms:            cfg.terms(),
		ConfirmRequester: cfg.records.confirmRequester, RequireSignature: cfg.records.signature == signatureRequire,
		ClockSkew: c.aws.ClockSkew, Actor: c.actor, Log: c.log, Registerer: c.reg,
	}
	if c.audit != nil {
		o.Audit = c.audit
	}
	if c.store != nil {
		o.Users = c.store
	}
	return grants.New(o)
}

// newStore makes the store in which users are looked up; nil where no setting names one.
func (c *clients) newStore() *iamops.IdentityStore {
	s, in := c.cfg.identityStore, c.aws
	if s.id == "" {
		return nil
	}
	if s.role != "" {
		in = in.Enter(s.role, c.cfg.accounts.externalID)
	}
	return in.IdentityStore(s.id, s.region)
}

// terms are the settings by which a request is judged.
func (c *config) terms() grants.Terms {
	return grants.Terms{Duration: c.grant.duration, MaxDuration: c.grant.maxDuration, UserName: c.grant.userName}
}

// kafkaNames are the topic and the consumer group of an organisation.
func (c *config) kafkaNames(org string) (topic, group string) {
	return cmp.Or(c.kafka.topic, org+".runs"), cmp.Or(c.kafka.groupID, defaultGroup(org, c.actions.GrantIDs()...))
}

const defaultGrantAction = "request_permissions"

// defaultGroup is the group of the daemon that has these grant actions. Each
// daemon of an organisation has actions of its own, and so a group of its own:
// in a shared one, each would take records from the other. A further action beside
// that of the default does not change it.
func defaultGroup(org string, grantActions ...string) string {
	group := org + ".port-iam"
	if !slices.Contains(grantActions, defaultGrantAction) {
		group += "." + slices.Min(grantActions)
	}
	return group
}

// newConsumer makes the consumer of an organisation's runs, which hands them to
// the service.
func (c *clients) newConsumer(org string, service *grants.Service) (*consumer.Consumer, error) {
	cfg := c.cfg
	topic, group := cfg.kafkaNames(org)
	handlers := map[string]consumer.Handler{
		cfg.actions.Revoke: func(r port.Record) consumer.Job { return service.Revoke(r) },
		cfg.actions.Expire: func(r port.Record) consumer.Job { return service.Expire(r) },
	}
	for _, id := range cfg.actions.GrantIDs() {
		handlers[id] = func(r port.Record) consumer.Job { return service.Grant(r) }
	}
	return consumer.New(consumer.Options{
		Access:      c.kafkaAccess,
		Mechanism:   cfg.kafka.mechanism,
		TLS:         cfg.kafka.tls,
		Topic:       topic,
		Group:       group,
		Instance:    cfg.kafka.instanceID,
		Actions:     handlers,
		Decode:      cfg.decode,
		Concurrency: cfg.grant.concurrency,
		Log:         c.log,
		Registerer:  c.reg,
	})
}

// decode reads a record and checks its signature, if it is to be checked.
func (c *config) decode(value []byte) (port.Record, port.Verdict) {
	rec, verdict := port.Decode(value)
	if verdict == port.VerdictRun && c.records.signature != signatureOff {
		rec.Signature = port.CheckSignature(value, c.records.signingSecret.reveal())
	}
	return rec, verdict
}

// kafkaAccess is asked at the start and whenever a broker refused the last
// answer. What is not to be had at the start is a [consumer.FatalError]; while the
// daemon runs, it is waited for.
func (c *clients) kafkaAccess(ctx context.Context) (port.KafkaAccess, error) {
	a, err := c.askKafkaAccess(ctx)
	if err == nil {
		c.kafkaKnown.Store(true)
	} else if consumer.Final(err) && c.kafkaKnown.Load() {
		err = errors.New(err.Error())
	}
	return a, err
}

// remedyKafkaAccess is for the first day: Port provides no topic by itself.
const remedyKafkaAccess = "Port's support has to provide the Kafka topic for the organisation, or set KAFKA_BROKERS, KAFKA_USERNAME and KAFKA_PASSWORD"

// askKafkaAccess takes what is set, and the rest from Port.
func (c *clients) askKafkaAccess(ctx context.Context) (port.KafkaAccess, error) {
	k := c.cfg.kafka
	a := port.KafkaAccess{Brokers: k.brokers, Username: k.username, Password: k.password.reveal()}
	if len(a.Brokers) > 0 && (k.mechanism == "none" || a.Username != "" && a.Password != "") {
		return a, nil
	}
	asked, err := c.portal.KafkaCredentials(ctx)
	if err != nil {
		if answer, ok := errors.AsType[*port.Error](err); ok && answer.Kind != port.KindUnavailable {
			remedy := remedyKafkaAccess
			if answer.Kind == port.KindUnauthorized {
				remedy = remedyLogin + "; if they are right, " + remedy
			}
			err = &consumer.FatalError{Problem: "Port gives no access to Kafka", Remedy: remedy, Err: err}
		}
		return a, err
	}
	if len(a.Brokers) == 0 {
		a.Brokers = asked.Brokers
	}
	a.Username, a.Password = cmp.Or(a.Username, asked.Username), cmp.Or(a.Password, asked.Password)
	if len(a.Brokers) == 0 {
		return a, &consumer.FatalError{Problem: "Port names no Kafka broker", Remedy: remedyKafkaAccess}
	}
	return a, nil
}

// subjectSettings are the settings behind what the consumer may find wrong.
var subjectSettings = map[consumer.Subject]string{
	consumer.SubjectCredentials: "KAFKA_USERNAME, KAFKA_PASSWORD",
	consumer.SubjectMechanism:   "KAFKA_SASL_MECHANISM",
	consumer.SubjectTopic:       "KAFKA_TOPIC",
	consumer.SubjectGroup:       "KAFKA_GROUP_ID",
	consumer.SubjectInstance:    "KAFKA_INSTANCE_ID",
	consumer.SubjectTLS:         "KAFKA_TLS, KAFKA_BROKERS",
	consumer.SubjectCA:          "KAFKA_TLS_CA_FILE",
}

// nameSettings adds the settings to an error of the consumer, which knows none.
func nameSettings(err error) error {
	var f *consumer.FatalError
	if errors.As(err, &f) && subjectSettings[f.Subject] != "" {
		return fmt.Errorf("%w; settings: %s", err, subjectSettings[f.Subject])
	}
	return err
}
