// Package iamops makes and removes the IAM side of a grant: one role and one
// managed policy of the same name under one path.
//
// It owns every call to AWS, the names, tags and documents of a grant, the proof
// that an object is ours, and the classification of AWS's errors. Every
// operation may be repeated: one whose effect is already there succeeds, and
// nothing that this run did not make is ever changed. It does not own when an
// operation happens or how long one keeps trying: that is package grants.
//
// There is one [Ops] for each account. The clients of the daemon's own account come from
// [NewClients], those of the others from [Clients.Enter].
//
// Start from [New] and [Ops]; [Plan] is what one grant consists of.
package iamops
