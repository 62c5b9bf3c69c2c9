package catalogue_test

import (
	"errors"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"port-iam/iamops/catalogue"
)

func TestLists(t *testing.T) {
	c := open(t)
	if !regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`).MatchString(c.Version()) {
		t.Errorf("version %q", c.Version())
	}
	services := c.Services()
	if len(services) < 400 || !slices.IsSorted(services) || !slices.Contains(services, "s3") {
		t.Errorf("%d services: %v", len(services), services)
	}
	services[0] = "changed"
	if c.Services()[0] == "changed" {
		t.Error("the list can be changed from outside")
	}
	actions, err := c.Actions("sqs")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(actions, catalogue.Action{Name: "sqs:SendMessage"}) {
		t.Errorf("sqs has no action SendMessage that is not denied: %+v", actions)
	}
	if actions, err := c.Actions("nosuch"); err != nil || actions != nil {
		t.Errorf("a service that is none: %v, %v", actions, err)
	}
}

// TestGroups: actions of equal resources share a statement, come out once, as
// AWS spells them, and always in the same order.
func TestGroups(t *testing.T) {
	c := open(t)
	req := catalogue.Request{
		Account: account, Partition: "aws", Entity: "arn:aws:logs:eu-west-1:111122223333:log-group:app:*",
		Actions: []string{"logs:getlogevents", "logs:StartQuery", "logs:TagResource", "LOGS:FilterLogEvents", "logs:StartQuery", "logs:PutLogEvents"},
	}
	const group = "arn:aws:logs:eu-west-1:111122223333:log-group:app"
	want := []catalogue.Statement{
		{Origin: catalogue.Asked, Actions: []string{"logs:TagResource"}, Resources: []string{group}},
		{Origin: catalogue.Asked, Actions: []string{"logs:FilterLogEvents", "logs:StartQuery"}, Resources: []string{group, group + ":*"}},
		{Origin: catalogue.Asked, Actions: []string{"logs:GetLogEvents", "logs:PutLogEvents"}, Resources: []string{group + ":log-stream:*"}},
	}
	for range 20 {
		got, err := c.Scope(req)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Statements, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
		slices.Reverse(req.Actions)
	}
}

func TestOtherPartitions(t *testing.T) {
	c := open(t)
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov"} {
		arn := "arn:" + partition + ":s3:::reports"
		scope, err := c.Scope(catalogue.Request{Account: account, Partition: partition, Entity: arn, Actions: []string{"s3:GetObject"}})
		if err != nil || len(scope.Statements) != 1 || scope.Statements[0].Resources[0] != arn+"/*" {
			t.Errorf("%s: %v, %v", partition, scope.Statements, err)
		}
	}
}

// What the daemon itself gets wrong is no refusal.
func TestNotTheRequestersFault(t *testing.T) {
	c := open(t)
	good := catalogue.Request{Account: account, Partition: "aws", Entity: "arn:aws:s3:::b", Actions: []string{"s3:GetObject"}}
	for name, change := range map[string]func(*catalogue.Request){
		"no account":       func(r *catalogue.Request) { r.Account = "" },
		"a wrong account":  func(r *catalogue.Request) { r.Account = "aws" },
		"no partition":     func(r *catalogue.Request) { r.Partition = "" },
		"no actions":       func(r *catalogue.Request) { r.Actions = nil },
		"a malformed rule": func(r *catalogue.Request) { r.Rules.Deny = []string{"s3"} },
	} {
		req := good
		change(&req)
		scope, err := c.Scope(req)
		var refusal *catalogue.Refusal
		if err == nil || errors.As(err, &refusal) {
			t.Errorf("%s: %v, %v", name, scope.Statements, err)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	c := open(t)
	var wg sync.WaitGroup
	for _, action := range []string{"s3:GetObject", "sqs:SendMessage", "kms:Decrypt", "s3:ListBucket", "sns:Publish", "ec2:StopInstances"} {
		for range 4 {
			wg.Go(func() {
				for range 20 {
					_, err := c.Scope(request(action, catalogue.Rules{}))
					if strings.HasPrefix(action, "s3:") != (err == nil) {
						t.Errorf("%s: %v", action, err)
					}
				}
			})
		}
	}
	wg.Wait()
}

// TestHeap bounds what an open catalogue keeps: the services used, unpacked.
func TestHeap(t *testing.T) {
	before := heap()
	c := open(t)
	for _, action := range []string{
		"s3:GetObject", "ec2:StopInstances", "dynamodb:GetItem", "logs:GetLogEvents", "kms:Decrypt",
		"lambda:InvokeFunction", "ssm:StartSession", "rds:StartDBInstance", "ecs:UpdateService", "glue:StartJobRun",
	} {
		_, _ = c.Scope(request(action, catalogue.Rules{}))
	}
	few := heap() - before
	for _, prefix := range c.Services() {
		if _, err := c.Actions(prefix); err != nil {
			t.Fatal(err)
		}
	}
	all := heap() - before
	runtime.KeepAlive(c)
	t.Logf("%d kB after ten requests, %d kB with every service", few>>10, all>>10)
	if limit := int64(1 << 20); few > limit {
		t.Errorf("%d bytes are alive after ten requests, and %d are allowed", few, limit)
	}
	if limit := int64(6 << 20); all > limit {
		t.Errorf("%d bytes are alive with every service, and %d are allowed", all, limit)
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
