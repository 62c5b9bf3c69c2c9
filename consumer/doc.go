// Package consumer reads runs from Port's Kafka topic and gives each one to the
// handler of its action.
//
// It owns the Kafka client: joining the group, bounded concurrency, the order
// of runs that concern the same thing, and committing a partition only up to
// the first record that is not finished. It knows nothing of AWS and nothing of
// what a handler does.
//
// Start from [New] and [Consumer.Run]. What a handler has to fulfil is [Job].
//
// The words:
//
//   - a session is the life of one Kafka client; [Consumer.Run] begins another when
//     the group goes on without this member;
//   - a partition is one of the topic, while this member holds it;
//   - a tenure is the same time as its tasks see it: while it lasts, they may run;
//   - a task is the job of one record, on its way to being finished;
//   - a lane is the queue of the tasks of one key: only its first may run;
//   - a span is a record with a task, or a row of records that are finished;
//   - the tracker of a partition is the list of its spans; its head is the offset
//     up to which all are finished, and that is committed;
//   - the window is how many spans are open at most before reading pauses.
package consumer
