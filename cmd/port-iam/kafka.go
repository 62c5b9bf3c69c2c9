package main

import (
	"context"
	"errors"
	"fmt"

	"port-iam/consumer"
)

// kafkaSettings are the settings behind what the consumer may find wrong.
var kafkaSettings = map[consumer.Subject]string{
	consumer.SubjectCredentials: "KAFKA_USERNAME, KAFKA_PASSWORD",
	consumer.SubjectMechanism:   "KAFKA_SASL_MECHANISM",
	consumer.SubjectTopic:       "KAFKA_TOPIC",
	consumer.SubjectGroup:       "KAFKA_GROUP_ID",
	consumer.SubjectTLS:         "KAFKA_TLS, KAFKA_BROKERS",
	consumer.SubjectCA:          "KAFKA_TLS_CA_FILE",
}

// nameSettings adds the settings to an error of the consumer, which knows none.
func nameSettings(err error) error {
	var f *consumer.FatalError
	if errors.As(err, &f) && kafkaSettings[f.Subject] != "" {
		return fmt.Errorf("%w; settings: %s", err, kafkaSettings[f.Subject])
	}
	return err
}

// kafkaAccess is asked at the start and whenever a broker refused the last
// answer. What is set overrides its part of what Port says.
func (d *daemon) kafkaAccess(ctx context.Context) (consumer.Access, error) {
	k := d.cfg.kafka
	a := consumer.Access{Brokers: k.brokers, Username: k.username, Password: k.password.reveal()}
	if len(a.Brokers) > 0 && (k.mechanism == "none" || a.Username != "" && a.Password != "") {
		return a, nil
	}
	asked, err := d.portal.KafkaCredentials(ctx)
	if err != nil {
		return a, err
	}
	if len(a.Brokers) == 0 {
		a.Brokers = asked.Brokers
	}
	a.Username = orDefault(a.Username, asked.Username)
	a.Password = orDefault(a.Password, asked.Password)
	return a, nil
}
