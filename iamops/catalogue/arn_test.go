package catalogue

import (
	"strings"
	"testing"
)

// FuzzARN sends any text through the front door as the entity: what is granted
// is inside it, and what is granted at all names one resource of the account.
func FuzzARN(f *testing.F) {
	for _, seed := range []string{
		"arn:aws:s3:::b", "arn:aws:s3:::b/k", "arn:aws:s3:::b/*", "arn:aws:s3:::b/", "arn:::::", "arn:aws:s3", "",
		"arn:aws:logs:eu-west-1:111122223333:log-group:app:*", "arn:aws:logs:eu-west-1:111122223333:log-group:app:*:*",
		"arn:aws:logs:eu-west-1:111122223333:log-group::*", "arn:aws:sqs:eu-west-1:111122223333:q",
		"arn:aws:sqs:eu-west-1:444455556666:q", "arn:aws:cassandra:eu-west-1:111122223333:/keyspace/k/",
		"arn:aws:dynamodb:eu-west-1:111122223333:table/T/stream/2026-05-11T21:21:33.291", "arn:aws:s3:::${aws:username}",
		"arn:aws:glue:eu-west-1:111122223333:catalog", "arn:aws:lambda:eu-west-1:111122223333:function:f:1",
		"arn:aws:s3:::b\x00", "arn:aws:s3:::b k", "arn:aws:s3:::b\u00e9", "arn:aws:kinesis:eu-west-1:111122223333:stream/s",
	} {
		f.Add(seed)
	}
	c, err := Open()
	if err != nil {
		f.Fatal(err)
	}
	actions := []string{
		"s3:GetObject", "s3:ListBucket", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:TagResource", "sqs:SendMessage",
		"cassandra:Select", "dynamodb:GetRecords", "glue:GetTable", "lambda:InvokeFunction", "kinesis:SubscribeToShard",
		"es:ESHttpGet", "appsync:GraphQL", "ec2:StopInstances", "ssm:StartSession", "apigateway:GET",
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, action := range actions {
			scope, err := c.Scope(Request{Account: testAccount, Partition: "aws", Entity: text, Actions: []string{action}})
			if err != nil {
				continue
			}
			entity := text
			if strings.HasSuffix(text, ":*") {
				entity = strings.TrimSuffix(text, ":*") // of a log group
			}
			if strings.ContainsAny(entity, "*? \t\r\n") || strings.Contains(entity, "${") || len(entity) > maxARN {
				t.Errorf("%s on %q is granted", action, text)
			}
			fields := strings.SplitN(entity, ":", 6)
			if len(fields) < 6 || fields[1] != "aws" || fields[4] != "" && fields[4] != testAccount {
				t.Errorf("%s on %q is granted", action, text)
			}
			for _, r := range scope.Statements[0].Resources {
				if !inEntity(r, entity) {
					t.Errorf("%s on %q is granted on %q", action, text, r)
				}
			}
		}
	})
}

func TestARNTooLong(t *testing.T) {
	long := "arn:aws:s3:::b/" + strings.Repeat("k", maxARN)
	if _, bad := parseARN(long[:maxARN], "aws", testAccount); bad != nil {
		t.Errorf("%d characters are refused: %v", maxARN, bad)
	}
	if _, bad := parseARN(long[:maxARN+1], "aws", testAccount); bad == nil || bad.Reason != InvalidARN {
		t.Errorf("%d characters: %v", maxARN+1, bad)
	}
}
