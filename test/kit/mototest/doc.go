// Package mototest runs moto, an imitation of AWS, for a test that should talk
// to something other than our own idea of IAM and STS.
//
// What moto does not do, such as limits on names, quotas, eventual consistency
// or deciding by a policy's conditions, it cannot show; iamops/iamtest is for
// that. It needs what internal/tools/setup.sh installs; without that, a test
// that calls [Start] is skipped unless PORT_IAM_REQUIRE_REAL is 1.
package mototest
