package grants_test

import (
	"context"
	"fmt"
	"testing"

	"port-iam/grants"
	"port-iam/iamops/catalogue"
	"port-iam/port"
)

// BenchmarkSurvey judges 1,000 permissions of one type on 100 resources.
// 1,000 on 10,000 take a hundred times as long, and are to take less than a minute.
func BenchmarkSurvey(b *testing.B) {
	known, err := catalogue.Open()
	if err != nil {
		b.Fatal(err)
	}
	var resources, permissions []port.Entity
	for _, service := range []string{"ec2", "rds", "s3"} {
		actions, err := known.Actions(service)
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range actions[:min(len(actions), 1000-len(permissions))] {
			permissions = append(permissions, entityOf(a.Name, "EC2"))
		}
	}
	for i := range 100 {
		resources = append(resources, entityOf(fmt.Sprintf("arn:aws:ec2:us-east-1:%s:instance/i-%08x", account, i), "EC2"))
	}
	in := surveyor(b)
	for b.Loop() {
		all, err := grants.Survey(context.Background(), in, resources, permissions)
		if err != nil || len(all) != 1000 {
			b.Fatal(len(all), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(resources)*len(permissions)), "ns/pair")
}
