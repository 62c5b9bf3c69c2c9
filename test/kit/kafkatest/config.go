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
	properties := map[string]string{
		"process.roles":                       "broker,controller",
		"node.id":                             "1",
		"log.dirs":                            b.dataDir(),
		"controller.quorum.bootstrap.servers": controller,
		"controller.listener.names":           "CONTROLLER",
		"inter.broker.listener.name":          "ADMIN",
		"listeners":                           fmt.Sprintf("CLIENT://%s,ADMIN://%s,CONTROLLER://%s", client, admin, controller),
		"advertised.listeners":                fmt.Sprintf("CLIENT://%s,ADMIN://%s", client, admin),
		"listener.security.protocol.map":      "CLIENT:SASL_SSL,ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT",

		// How a client proves who it is, and what it may do then.
		"sasl.enabled.mechanisms":                             "SCRAM-SHA-512",
		"listener.name.client.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
		"listener.name.client.ssl.keystore.type":              "PEM",
		"listener.name.client.ssl.keystore.location":          b.keyFile(),
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
