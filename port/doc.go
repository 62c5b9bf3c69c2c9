// Package port speaks to Port: its HTTP API, and the format of the records that
// Port writes to the organisation's Kafka topic.
//
// It owns authentication, rate limits, quick retries of a single call and the
// decoding of what Port sends. It does not own what a run means: whether a run
// is acted upon, and how long one keeps trying, is decided in package grants.
//
// Start from [Client] for the API and from [Decode] for a record.
package port
