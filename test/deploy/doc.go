// Package deploy holds the tests of what is under deploy, and of the runbooks:
// each form of deployment is checked by the tool that reads it, and the rules and
// the dashboard also by a Prometheus that watches the real daemon.
//
// Tests that need more than Go are skipped unless PORT_IAM_REQUIRE_DEPLOY is 1. They
// need the Debian packages buildah, busybox-static, ca-certificates, chromium, netbase,
// prometheus, systemd, systemd-container and tzdata, and root.
package deploy
