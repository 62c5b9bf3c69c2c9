package catalogue_test

import (
	"testing"

	"port-iam/iamops/catalogue"
)

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		open(b)
	}
}

// BenchmarkFirstUse opens a catalogue and unpacks its largest service.
func BenchmarkFirstUse(b *testing.B) {
	for b.Loop() {
		if _, err := open(b).Actions("ec2"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOneAction looks up one action of the largest service, warm; the
// target is 50 microseconds.
func BenchmarkOneAction(b *testing.B) { benchmark(b, "ec2:StopInstances") }

// BenchmarkRequest works out a request of ten actions of two services, warm.
func BenchmarkRequest(b *testing.B) {
	benchmark(b, "ec2:StopInstances", "ec2:StartInstances", "ec2:RebootInstances", "ec2:GetConsoleOutput", "ec2:MonitorInstances",
		"ec2:CreateTags", "ec2:TerminateInstances", "ec2:UnmonitorInstances", "ssm:StartSession", "ssm:GetConnectionStatus")
}

// TestAllocations bounds what a warm look-up allocates, which does not depend on how busy
// the machine is. The time that the target allows is some hundred allocations.
func TestAllocations(t *testing.T) {
	c := open(t)
	req := onInstance("ec2:StopInstances")
	if _, err := c.Scope(req); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Scope(req) }); n > 80 {
		t.Errorf("a look-up makes %.0f allocations", n)
	}
}

func onInstance(actions ...string) catalogue.Request {
	return catalogue.Request{Account: account, Partition: "aws", Entity: "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0", Actions: actions}
}

func benchmark(b *testing.B, actions ...string) {
	c := open(b)
	req := onInstance(actions...)
	if _, err := c.Scope(req); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.Scope(req)
	}
}
