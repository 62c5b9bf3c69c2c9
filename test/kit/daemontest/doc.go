// Package daemontest runs the program for tests that look at it from outside:
// the binary, started with nothing but environment variables, between a real
// Kafka broker, moto for AWS, and the stand-in for Port.
//
// [Main] builds the program, [NewWorld] starts what surrounds it, and [Start]
// runs an instance. What a grant must look like is in [World.CheckGrant].
package daemontest
