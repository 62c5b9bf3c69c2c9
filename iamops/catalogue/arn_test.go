package catalogue

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
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
		"arn:aws:s3:::b\x00", "arn:aws:s3:::b k", "arn:aws:s3:::b\u00e9", "arn:aws:s3:::b/a b*?$c", "arn:aws:s3:::b/f/", "arn:aws:s3:::b/f*/", "arn:aws:s3:::b/*/",
		"arn:aws:lambda:eu-west-1:111122223333:function:f:$LATEST", "arn:aws:s3:::b/\xff", "arn:aws:s3:::b/\u202e", "arn:aws:s3:::b/k ",
		"arn:aws:apigateway:eu-west-1::/apis/a/stages/$default", "arn:aws:apigateway:eu-west-1::/domainnames/*.example.com",
		"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a:*b", "arn:aws:execute-api:eu-west-1:111122223333:a/prod/GET/",
		"arn:aws:cognito-identity:eu-west-1:111122223333:identitypool/eu-west-1:0f9e", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/$*{", "arn:aws:kinesis:eu-west-1:111122223333:stream/s",
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
		"cloudwatch:DeleteAlarms", "execute-api:Invoke", "cognito-identity:DescribeIdentityPool",
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, action := range actions {
			scope, err := c.Scope(Request{Account: testAccount, Partition: "aws", Entity: text, Actions: []string{action}})
			if err != nil {
				continue
			}
			entity := text
			if strings.HasPrefix(text, "arn:aws:logs:") {
				entity = strings.TrimSuffix(text, ":*") // of a log group
			}
			if strings.ContainsAny(entity, "\t\r\n\x00") || strings.Contains(entity, "${") || wholeWildcard.MatchString(entity) || !utf8.ValidString(entity) {
				t.Errorf("%s on %q is granted", action, text)
			}
			fields := strings.SplitN(entity, ":", 6)
			if len(fields) < 6 || fields[1] != "aws" || fields[4] != "" && fields[4] != testAccount {
				t.Errorf("%s on %q is granted", action, text)
			}
			for _, r := range scope.Statements[0].Resources {
				if !inEntity(r, Written(entity)) {
					t.Errorf("%s on %q is granted on %q", action, text, r)
				}
			}
		}
	})
}

// TestWritten: what policies take for wildcards and variables is written so that it
// means itself, and nothing else is changed.
func TestWritten(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:s3:::b/a*b?c$d":                                   "arn:aws:s3:::b/a${*}b${?}c${$}d",
		"arn:aws:s3:::b/$$**":                                      "arn:aws:s3:::b/${$}${$}${*}${*}",
		"arn:aws:s3:::b/a b!#%[é]":                                 "arn:aws:s3:::b/a b!#%[é]",
		"arn:aws:lambda:eu-west-1:111122223333:function:f:$LATEST": "arn:aws:lambda:eu-west-1:111122223333:function:f:${$}LATEST",
		"arn:aws:logs:eu-west-1:111122223333:log-group:app:*":      "arn:aws:logs:eu-west-1:111122223333:log-group:app",
	} {
		got := Written(text)
		if got != want {
			t.Errorf("%s is written %s, want %s", text, got, want)
		}
		bare := strings.NewReplacer("${*}", "", "${?}", "", "${$}", "").Replace(got)
		if strings.ContainsAny(bare, "*?$") {
			t.Errorf("%s is written %s, which means more than itself", text, got)
		}
	}
}

func TestPartitions(t *testing.T) {
	all := map[string]string{
		"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1", "aws-iso": "us-iso-east-1",
		"aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-south-1",
	}
	for partition, region := range all {
		for of, other := range all {
			text := "arn:" + partition + ":sqs:" + other + ":" + testAccount + ":q"
			if _, bad := parseARN(text, partition, testAccount); of != partition && (bad == nil || bad.Reason != InvalidARN) {
				t.Errorf("%s: %v", text, bad)
			}
		}
		text := "arn:" + partition + ":sqs:" + region + ":" + testAccount + ":q"
		if a, bad := parseARN(text, partition, testAccount); bad != nil || a.partition != partition || a.rest != "sqs:"+region+":"+testAccount+":q" {
			t.Errorf("%s: %+v, %v", text, a, bad)
		}
		if _, bad := parseARN(text, "aws-xx", testAccount); bad == nil || bad.Reason != ForeignPartition {
			t.Errorf("%s in another partition: %v", text, bad)
		}
	}
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

// TestFolder: what may be related to an object may be to a folder of them.
func TestFolder(t *testing.T) {
	const key = "arn:aws:kms:eu-west-1:" + testAccount + ":key/1234abcd-12ab-34cd-56ef-1234567890ab"
	scope, err := shared(t).Scope(Request{
		Account: testAccount, Partition: "aws", Entity: "arn:aws:s3:::reports/team-a/", Related: []string{key},
		Actions: []string{"s3:GetObject", "kms:Decrypt"},
	})
	if err != nil {
		t.Fatal(err)
	}
	granted := map[string][]string{}
	for _, s := range scope.Statements {
		for _, a := range s.Actions {
			granted[a] = append(granted[a], s.Resources...)
		}
	}
	want := map[string][]string{"s3:GetObject": {"arn:aws:s3:::reports/team-a/*"}, "kms:Decrypt": {key}}
	if !maps.EqualFunc(granted, want, slices.Equal) {
		t.Errorf("got %v, want %v", granted, want)
	}
	odd, err := shared(t).Scope(Request{Account: testAccount, Partition: "aws", Entity: "arn:aws:s3:::reports/a$*", Actions: []string{"s3:GetObject"}})
	if on := odd.On("arn:aws:s3:::reports/a$*"); err != nil || !slices.Equal(on, []string{"s3:GetObject"}) {
		t.Errorf("on the odd object are %v, %v", on, err)
	}
	if on := scope.On("arn:aws:s3:::reports/team-a/"); !slices.Equal(on, []string{"s3:GetObject"}) {
		t.Errorf("on the folder are %v", on)
	}
}
