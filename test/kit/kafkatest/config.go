package kafkatest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"port-iam/test/kit/server"
)

// clusterID is a base64 UUID, as the format of the data asks for.
const clusterID = "a2Fma2F0ZXN0LWNsdXN0ZQ"

// config returns server.properties.
func (b *Broker) config() []byte {
	client, admin, controller := server.Addr(b.ports.client), server.Addr(b.ports.admin), server.Addr(b.ports.controller)
	strict := server.Addr(b.ports.strict)
	const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
	properties := map[string]string{
		"process.roles":                       "broker,controller",
		"node.id":                             "1",
		"log.dirs":                            b.dataDir(),
		"controller.quorum.bootstrap.servers": controller,
		"controller.listener.names":           "CONTROLLER",
		"inter.broker.listener.name":          "ADMIN",
		"listeners":                           fmt.Sprintf("CLIENT://%s,STRICT://%s,ADMIN://%s,CONTROLLER://%s", client, strict, admin, controller),
		"advertised.listeners":                fmt.Sprintf("CLIENT://%s,STRICT://%s,ADMIN://%s", client, strict, admin),
		"listener.security.protocol.map":      "CLIENT:SASL_SSL,STRICT:SASL_SSL,ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT",

		// How a client proves who it is, and what it may do then.
		"sasl.enabled.mechanisms":                             "SCRAM-SHA-512",
		"listener.name.client.scram-sha-512.sasl.jaas.config": scram,
		"listener.name.client.ssl.keystore.type":              "PEM",
		"listener.name.client.ssl.keystore.location":          b.keyFile(),
		"listener.name.strict.scram-sha-512.sasl.jaas.config": scram,
		"listener.name.strict.ssl.keystore.type":              "PEM",
		"listener.name.strict.ssl.keystore.location":          b.keyFile(),
		"listener.name.strict.ssl.truststore.type":            "PEM",
		"listener.name.strict.ssl.truststore.location":        b.CAFile(),
		"listener.name.strict.ssl.client.auth":                "required",
		"listener.name.strict.ssl.enabled.protocols":          "TLSv1.3",
		"authorizer.class.name":                               "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":                                         "User:ANONYMOUS",
		"auto.create.topics.enable":                           "false",

		// One node is all there is, and it should be quick to answer.
		"offsets.topic.replication.factor":                 "1",
		"offsets.topic.num.partitions":                     "1",
		"transaction.state.log.replication.factor":         "1",
		"transaction.state.log.min.isr":                    "1",
		"transaction.state.log.num.partitions":             "1",
		"share.coordinator.state.topic.replication.factor": "1",
		"share.coordinator.state.topic.min.isr":            "1",
		"share.coordinator.state.topic.num.partitions":     "1",
		"group.initial.rebalance.delay.ms":                 "0",

		// After a crash the controller waits for the session of the dead
		// broker to end before it lets the new one in; 9 s by default.
		"broker.session.timeout.ms":    "2000",
		"broker.heartbeat.interval.ms": "250",
	}
	maps.Copy(properties, b.opts.Properties)

	var buf bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		fmt.Fprintf(&buf, "%s=%s\n", key, properties[key])
	}
	return buf.Bytes()
}
