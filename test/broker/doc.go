// Package broker tests the consumer, and where it says so the binary, on a real
// Kafka broker: transactions, retention, batches that cannot be unpacked, groups
// that other programs use, partitions that come later, rights that are taken back,
// connections on which only some requests are answered, crashes.
//
// All tests share one broker and have topics and groups of their own. All but
// those that measure how quickly another takes over run at the same time.
package broker
