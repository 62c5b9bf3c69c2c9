// Package consumer reads runs from Port's Kafka topic and gives each one to the
// handler of its action.
//
// It owns the Kafka client: joining the group, bounded concurrency, the order
// of runs that concern the same thing, and committing a partition only up to
// the first record that is not finished. It knows nothing of AWS and nothing of
// what a handler does.
//
// Start from [New] and [Consumer.Run]. What a handler has to fulfil is [Job].
package consumer
