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

func benchmark(b *testing.B, actions ...string) {
	c := open(b)
	req := catalogue.Request{Account: account, Partition: "aws", Entity: "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0", Actions: actions}
	if _, err := c.Scope(req); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.Scope(req)
	}
}
