// Package e2e tests the program from outside: the binary, started with nothing
// but environment variables, between a real Kafka broker, moto for AWS, and the
// stand-in for Port. The tests look only at IAM, Port, HTTP and exit codes.
package e2e
