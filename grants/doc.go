// Package grants is the life of a grant: a run is read from Port, checked,
// carried out in IAM, reported, and taken away again.
//
// The run in Port is the only store. Nothing is kept here that a crash could
// lose: an attempt begins by reading what is there and converges from it, so
// the same run may be handled any number of times, by any number of processes.
// What a grant is made of in IAM belongs to package iamops; who calls (Kafka,
// an operator) is not known here.
//
// Start from [New]; [Service.Grant], [Service.Revoke] and [Service.Expire] make
// the work for one record.
package grants
