package kafkatest

import (
	"cmp"
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
)

// scramIterations is the least that Kafka accepts.
const scramIterations = 4096

// AddUser adds a user who may do nothing yet, and returns when that user can
// authenticate.
func (b *Broker) AddUser(user, password string) {
	b.t.Helper()
	b.setPassword(user, password)
}

// ChangePassword gives an existing user another password, and returns when the
// user can authenticate with it. Connections that are open stay so.
func (b *Broker) ChangePassword(user, password string) {
	b.t.Helper()
	b.setPassword(user, password)
}

func (b *Broker) setPassword(user, password string) {
	b.t.Helper()
	b.ask("set the password of "+user, func(ctx context.Context, adm *kadm.Client) error {
		altered, err := adm.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{{
			User:       user,
			Mechanism:  kadm.ScramSha512,
			Iterations: scramIterations,
			Password:   password,
		}})
		if err != nil {
			return err
		}
		return altered.Error()
	})
	b.awaitLogin(user, password)
}

// awaitLogin returns when the user can authenticate.
func (b *Broker) awaitLogin(user, password string) {
	b.t.Helper()
	opts := b.ClientOpts(user, password)
	b.proc.Await("log in as "+user, func(ctx context.Context) error {
		cl := b.client(opts...)
		defer cl.Close()
		return cl.Ping(ctx)
	})
}

// AllowTopic lets a user read and describe a topic, which need not exist.
func (b *Broker) AllowTopic(user, topic string) {
	b.t.Helper()
	b.Allow(topicRights(user, topic))
}

// DisallowTopic takes back what AllowTopic gives.
func (b *Broker) DisallowTopic(user, topic string) {
	b.t.Helper()
	acls := topicRights(user, topic)
	b.ask("take rights back", func(ctx context.Context, adm *kadm.Client) error {
		results, err := adm.DeleteACLs(ctx, acls)
		for _, r := range results {
			err = cmp.Or(err, r.Err)
		}
		return err
	})
	b.await("take rights back", func(ctx context.Context, adm *kadm.Client) error {
		results, err := adm.DescribeACLs(ctx, acls)
		for _, r := range results {
			err = cmp.Or(err, r.Err)
			if err == nil && len(r.Described) > 0 {
				err = errors.New("the broker does not know of it yet")
			}
		}
		return err
	})
}

func topicRights(user, topic string) *kadm.ACLBuilder {
	return kadm.NewACLs().Topics(topic).ResourcePatternType(kadm.ACLPatternLiteral).
		Operations(kadm.OpRead, kadm.OpDescribe).Allow("User:" + user).AllowHosts()
}

// AllowGroups lets a user consume in all groups whose names begin with the
// prefix.
func (b *Broker) AllowGroups(user, prefix string) {
	b.t.Helper()
	b.Allow(kadm.NewACLs().Groups(prefix).ResourcePatternType(kadm.ACLPatternPrefixed).
		Operations(kadm.OpRead).Allow("User:" + user).AllowHosts())
}

// Allow grants any other set of rights, and returns when they are in force.
func (b *Broker) Allow(acls *kadm.ACLBuilder) {
	b.t.Helper()
	b.ask("grant rights", func(ctx context.Context, adm *kadm.Client) error {
		created, err := adm.CreateACLs(ctx, acls)
		if err != nil {
			return err
		}
		for _, c := range created {
			if c.Err != nil {
				return c.Err
			}
		}
		return nil
	})
	b.await("grant rights", func(ctx context.Context, adm *kadm.Client) error {
		results, err := adm.DescribeACLs(ctx, acls)
		if err != nil {
			return err
		}
		for _, r := range results {
			if r.Err != nil {
				return r.Err
			}
			if len(r.Described) == 0 {
				return errors.New("the broker does not know of them yet")
			}
		}
		return nil
	})
}
