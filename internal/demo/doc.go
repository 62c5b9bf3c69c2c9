// Package demo is the world of `port-iam demo`: a Kafka broker, a stand-in for
// Port and an AWS account, all in this process and on loopback, and the story
// of a few grants in it, told step by step and checked on the way.
//
// The daemon is not part of it: it is started by the caller against the
// addresses of the [World], the way it is started against the real ones. Start
// from [NewWorld].
package demo
