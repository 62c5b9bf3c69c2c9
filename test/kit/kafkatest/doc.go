// Package kafkatest runs a real Apache Kafka broker for a test, set up the way
// Port sets up the Kafka of an organisation: SCRAM-SHA-512 over TLS, a topic
// that its user may read, and groups with the organisation's prefix.
//
// It is for what an in-process imitation cannot show: the broker's own
// authentication, authorisation, group coordinator and recovery. It needs what
// internal/tools/setup.sh installs; a test that calls [Start] is skipped unless
// PORT_IAM_REQUIRE_REAL is 1.
//
// Methods of [Broker] end the test on failure, so they belong to the goroutine
// of the test. None of them keeps a client open.
package kafkatest
