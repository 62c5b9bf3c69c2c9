// Package grants is the life of a grant: a run is read from Port, checked,
// carried out in IAM, reported, and taken away again.
//
// The run in Port is the only store. Nothing is kept here that a crash could
// lose: an attempt begins by reading what exists and converges from it, so the
// same run may be handled any number of times, by any number of processes. What
// a grant is made of in IAM belongs to package iamops; who calls (Kafka, an
// operator) is not known here.
//
// Start from [New]; [Service.Grant], [Service.Revoke] and [Service.Expire] make
// the work for one record. The words of this package:
//
//   - grant: a role, a policy and an entity in Port, made for one run
//   - record: what Kafka says; it only points at a run
//   - job: the work for one record, in attempts until the run has ended
//   - cause: what an unfinished run waits for; patience: how long it may
//   - decision: how a run ended, for its log in Port and for ours
//   - removal: taking one grant away; cut: the Deny that ends its access at once
//   - lag: IAM does not show yet what was made or changed moments ago
//   - sweep: one look at all grants; facts: what is known of one name
//   - verdict: what a name is, and whether it is to be removed
//   - unreportable: a run that is open and whose end Port does not take
//   - standing aside: leaving run and entity of a grant to the attempt that made the
//     role which the entity names
//   - lost: a run that is open, and for which no record will come any more
package grants
