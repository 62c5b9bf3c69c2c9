// Package pages clicks through the pages of the demo in a headless Chromium,
// against the real binary, and takes the screenshots under docs/images.
//
// The tests are skipped unless PORT_IAM_REQUIRE_DEPLOY is 1, and need the Debian
// package chromium then. To take the screenshots again:
//
//	PORT_IAM_REQUIRE_DEPLOY=1 go test ./test/pages -update
package pages
