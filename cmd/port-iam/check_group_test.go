package main

import (
	"context"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"port-iam/consumer"
	"port-iam/internal/demo"
)

// TestCheckForeignGroup: a group that another program uses is a failed step with
// the setting that helps, and only that step fails.
func TestCheckForeignGroup(t *testing.T) {
	w := newCheckWorld(t)
	access, err := w.checker(t.Context()).portal.KafkaCredentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	joined := make(chan struct{}, 10)
	other, err := kgo.NewClient(kgo.SeedBrokers(access.Brokers...), kgo.DisableClientMetrics(),
		kgo.SASL(scram.Auth{User: access.Username, Pass: access.Password}.AsSha512Mechanism()),
		kgo.ConsumerGroup(demo.Org+".port-iam"), kgo.ConsumeTopics(demo.Org+".runs"), kgo.Balancers(kgo.RangeBalancer()),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { joined <- struct{}{} }))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	<-joined

	code, steps, _ := w.check()
	if failed := results(steps, resultFailed); code != exitFailed || strings.Join(failed, ",") != "Kafka group" {
		t.Fatalf("exit code %d, failed %q: %+v", code, failed, steps["Kafka group"])
	}
	s := steps["Kafka group"]
	if !strings.Contains(s.Why, demo.Org+".port-iam") || !strings.Contains(s.Remedy, "KAFKA_GROUP_ID") {
		t.Errorf("%+v", s)
	}
	if out := wantCommand(t, exitFailed, "1 of 31 steps failed", "check"); !strings.Contains(out, "do: ") || !strings.Contains(out, "KAFKA_GROUP_ID") {
		t.Errorf("%s", out)
	}
}

// TestSubjectsNameSettings: whatever the consumer finds wrong is told with the
// settings that are about it.
func TestSubjectsNameSettings(t *testing.T) {
	t.Parallel()
	for _, s := range []consumer.Subject{
		consumer.SubjectCredentials, consumer.SubjectMechanism, consumer.SubjectTopic, consumer.SubjectGroup,
		consumer.SubjectInstance, consumer.SubjectTLS, consumer.SubjectCA,
	} {
		err := nameSettings(&consumer.FatalError{Problem: "x", Remedy: "y", Subject: s})
		if !strings.Contains(err.Error(), "; settings: KAFKA_") {
			t.Errorf("%s: %v", s, err)
		}
	}
}
