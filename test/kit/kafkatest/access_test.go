package kafkatest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"port-iam/test/kit/kafkatest"
)

// TestAccess records what a real broker answers to those who may not. The
// program tells the operator what is wrong by these answers.
func TestAccess(t *testing.T) {
	t.Parallel()
	b := kafkatest.Start(t, kafkatest.Options{})
	runs := b.RunsTopic()
	b.CreateTopic(runs, 1)
	b.CreateTopic("another", 1)
	b.Produce(runs, "", "a run")
	b.AddUser("without-topic", "secret")
	b.AllowGroups("without-topic", "org_test.")
	b.AddUser("without-group", "secret")
	b.AllowTopic("without-group", runs)
	b.AddUser("changed", "old")
	b.ChangePassword("changed", "new")

	// This one has READ only: no DESCRIBE, which READ should include.
	b.AddUser("read-only", "secret")
	b.AllowGroups("read-only", "org_test.")
	b.Allow(kadm.NewACLs().Topics(runs, "absent").ResourcePatternType(kadm.ACLPatternLiteral).
		Operations(kadm.OpRead).Allow("User:read-only").AllowHosts())

	for name, test := range map[string]struct{ user, password string }{
		"wrong password": {"org_test", "wrong"},
		"unknown user":   {"stranger", "secret"},
		"old password":   {"changed", "old"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := connect(t, b, test.user, test.password).Ping(ctx)
			if !errors.Is(err, kerr.SaslAuthenticationFailed) {
				t.Fatalf("%v, want SASL_AUTHENTICATION_FAILED", err)
			}
			t.Log(err)
		})
	}

	t.Run("no right to the topic", func(t *testing.T) {
		err := firstPollError(t, b, "without-topic", "org_test.a")
		if !errors.Is(err, kerr.TopicAuthorizationFailed) {
			t.Errorf("%v, want TOPIC_AUTHORIZATION_FAILED", err)
		}
	})

	t.Run("no right to the group", func(t *testing.T) {
		err := firstPollError(t, b, "without-group", "org_test.b")
		var session *kgo.ErrGroupSession
		if !errors.As(err, &session) || !errors.Is(err, kerr.GroupAuthorizationFailed) {
			t.Errorf("%T %v, want an ErrGroupSession with GROUP_AUTHORIZATION_FAILED", err, err)
		}
	})

	t.Run("group of another organisation", func(t *testing.T) {
		err := firstPollError(t, b, "read-only", "org_other.a")
		if !errors.Is(err, kerr.GroupAuthorizationFailed) {
			t.Errorf("%v, want GROUP_AUTHORIZATION_FAILED", err)
		}
	})

	t.Run("reading is enough to look", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		adm := kadm.NewClient(connect(t, b, "read-only", "secret"))
		topics, err := adm.ListTopics(ctx, runs)
		if err != nil || topics.Error() != nil {
			t.Errorf("list topics: %v, %v", err, topics.Error())
		}
		ends, err := adm.ListEndOffsets(ctx, runs)
		if err != nil || ends.Error() != nil {
			t.Errorf("list end offsets: %v, %v", err, ends.Error())
		}
		if end, _ := ends.Lookup(runs, 0); end.Offset != 1 {
			t.Errorf("the log ends at %d, want 1", end.Offset)
		}
		committed, err := adm.FetchOffsetsForTopics(ctx, "org_test.never", runs)
		if err != nil || committed.Error() != nil {
			t.Errorf("fetch offsets: %v, %v", err, committed.Error())
		}
		if offset, _ := committed.Lookup(runs, 0); offset.At != -1 {
			t.Errorf("a group that nobody used has committed %d, want -1", offset.At)
		}
		var offsets kadm.Offsets
		offsets.AddOffset(runs, 0, 1, -1)
		if err := adm.CommitAllOffsets(ctx, "org_test.empty", offsets); err != nil {
			t.Errorf("commit to an empty group: %v", err)
		}
	})

	// Only who may see a topic is told that it does not exist. The topic's own
	// error says so, whereas a refusal is the error of the call.
	t.Run("absent topic", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		adm := kadm.NewClient(connect(t, b, "read-only", "secret"))
		topics, err := adm.ListTopics(ctx, "absent")
		if err != nil || !errors.Is(topics["absent"].Err, kerr.UnknownTopicOrPartition) {
			t.Errorf("with the right: %v, %v, want UNKNOWN_TOPIC_OR_PARTITION of the topic", err, topics["absent"].Err)
		}
		for _, topic := range []string{"another", "also-absent"} {
			if _, err := adm.ListTopics(ctx, topic); !errors.Is(err, kerr.TopicAuthorizationFailed) {
				t.Errorf("%s, without the right: %v, want TOPIC_AUTHORIZATION_FAILED", topic, err)
			}
		}
	})
}

// firstPollError returns the first error of consuming the organisation's runs.
func firstPollError(t *testing.T, b *kafkatest.Broker, user, group string) error {
	t.Helper()
	cl := connect(t, b, user, "secret", kgo.ConsumerGroup(group), kgo.ConsumeTopics(b.RunsTopic()))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		if fetches.NumRecords() > 0 {
			t.Fatal("consumed what should have been refused")
		}
	}
	return ctx.Err()
}
