// Package policies proves the policy documents of port-iam with an evaluator
// that nobody here wrote: who may switch to a grant and when, what a grant
// allows, what the boundary holds back, and that the daemon's own policy is
// enough for each of its calls and no help to a thief.
//
// The documents are the real ones: those that package iamops plans, package
// templates renders and the operator gets from `port-iam print`. The requests
// are put together here, with the context that AWS gives them; the evaluator
// refuses context keys that an action does not have.
//
// The evaluator is the npm package iam-simulate, which internal/tools/setup.sh
// installs. It runs as a process of its own. The tests are skipped
// unless PORT_IAM_REQUIRE_REAL is 1.
package policies
