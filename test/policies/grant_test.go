package policies

import (
	"slices"
	"strings"
	"testing"

	"port-iam/iamops"
	"port-iam/templates"
)

// sample is a grant, and by hand what has to come out: the resource that each
// requested action is for, and the resources beside it that it is not for.
type sample struct {
	entity   string
	allowed  map[string][]string // resources by action
	siblings []string            // of the entity
}

const regional = ":us-east-1:123456789012:"

var samples = []sample{
	{"arn:aws:s3:::reports", map[string][]string{
		"s3:ListBucket": {"arn:aws:s3:::reports"},
		"s3:GetObject":  {"arn:aws:s3:::reports/q1.csv", "arn:aws:s3:::reports/2030/q1.csv"},
		"s3:PutObject":  {"arn:aws:s3:::reports/new"},
	}, []string{"arn:aws:s3:::reports2", "arn:aws:s3:::report", "arn:aws:s3:::other", "arn:aws:s3:::reports.evil"}},
	{"arn:aws:s3:::reports/2030/q1.csv", map[string][]string{
		"s3:GetObject": {"arn:aws:s3:::reports/2030/q1.csv"},
	}, []string{"arn:aws:s3:::reports/2030/q1.csv.bak", "arn:aws:s3:::reports/2030/q2.csv", "arn:aws:s3:::other/2030/q1.csv"}},
	{"arn:aws:ec2" + regional + "instance/i-0123456789abcdef0", map[string][]string{
		"ec2:StopInstances":   {"arn:aws:ec2" + regional + "instance/i-0123456789abcdef0"},
		"ec2:StartInstances":  {"arn:aws:ec2" + regional + "instance/i-0123456789abcdef0"},
		"ec2:RebootInstances": {"arn:aws:ec2" + regional + "instance/i-0123456789abcdef0"},
	}, []string{
		"arn:aws:ec2" + regional + "instance/i-0123456789abcdef1", "arn:aws:ec2" + regional + "instance/i-0123456789abcdef00",
		"arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0", "arn:aws:ec2:us-east-1:210987654321:instance/i-0123456789abcdef0",
	}},
	{"arn:aws:dynamodb" + regional + "table/Orders", map[string][]string{
		"dynamodb:GetItem":    {"arn:aws:dynamodb" + regional + "table/Orders"},
		"dynamodb:GetRecords": {"arn:aws:dynamodb" + regional + "table/Orders/stream/2030-01-01T00:00:00.000"},
	}, []string{"arn:aws:dynamodb" + regional + "table/Orders2", "arn:aws:dynamodb" + regional + "table/Order"}},
	{"arn:aws:lambda" + regional + "function:resize", map[string][]string{
		"lambda:InvokeFunction": {"arn:aws:lambda" + regional + "function:resize"},
	}, []string{"arn:aws:lambda" + regional + "function:resize2", "arn:aws:lambda" + regional + "function:other"}},
	{"arn:aws:sqs" + regional + "jobs", map[string][]string{
		"sqs:SendMessage": {"arn:aws:sqs" + regional + "jobs"}, "sqs:ReceiveMessage": {"arn:aws:sqs" + regional + "jobs"},
	}, []string{"arn:aws:sqs" + regional + "jobs-dead", "arn:aws:sqs" + regional + "job"}},
	{"arn:aws:sns" + regional + "alerts", map[string][]string{
		"sns:Publish": {"arn:aws:sns" + regional + "alerts"},
	}, []string{"arn:aws:sns" + regional + "alerts2"}},
	{"arn:aws:secretsmanager" + regional + "secret:db/password-AbCdEf", map[string][]string{
		"secretsmanager:GetSecretValue": {"arn:aws:secretsmanager" + regional + "secret:db/password-AbCdEf"},
	}, []string{"arn:aws:secretsmanager" + regional + "secret:db/password-AbCdEg", "arn:aws:secretsmanager" + regional + "secret:db/password-AbCdEfG"}},
	{"arn:aws:kms" + regional + "key/1234abcd-12ab-34cd-56ef-1234567890ab", map[string][]string{
		"kms:Decrypt": {"arn:aws:kms" + regional + "key/1234abcd-12ab-34cd-56ef-1234567890ab"},
	}, []string{"arn:aws:kms" + regional + "key/1234abcd-12ab-34cd-56ef-1234567890ac", "arn:aws:kms" + regional + "key/1234abcd-12ab-34cd-56ef-1234567890ab0"}},
	{"arn:aws:logs" + regional + "log-group:/app/web", map[string][]string{
		"logs:GetLogEvents": {"arn:aws:logs" + regional + "log-group:/app/web:log-stream:2030/01/01"},
	}, []string{"arn:aws:logs" + regional + "log-group:/app/web2", "arn:aws:logs" + regional + "log-group:/app"}},
	{"arn:aws:states" + regional + "stateMachine:import", map[string][]string{
		"states:StartExecution": {"arn:aws:states" + regional + "stateMachine:import"},
	}, []string{"arn:aws:states" + regional + "stateMachine:import2"}},
	{"arn:aws:rds" + regional + "db:orders", map[string][]string{
		"rds:RebootDBInstance": {"arn:aws:rds" + regional + "db:orders"},
	}, []string{"arn:aws:rds" + regional + "db:orders2", "arn:aws:rds" + regional + "db:order"}},
	{"arn:aws:ecs" + regional + "service/shop/web", map[string][]string{
		"ecs:UpdateService": {"arn:aws:ecs" + regional + "service/shop/web"},
	}, []string{"arn:aws:ecs" + regional + "service/shop/web2", "arn:aws:ecs" + regional + "service/other/web"}},
	{"arn:aws:events" + regional + "rule/nightly", map[string][]string{
		"events:DisableRule": {"arn:aws:events" + regional + "rule/nightly"},
	}, []string{"arn:aws:events" + regional + "rule/nightly2", "arn:aws:events" + regional + "rule/nightly/rule-of-another-bus"}},
	// Names with what policies take for a wildcard or a variable, and a folder. (The
	// evaluator takes a "*" in what is requested for a wildcard, so none is here.)
	{"arn:aws:lambda" + regional + "function:thumb:$LATEST", map[string][]string{
		"lambda:InvokeFunction": {"arn:aws:lambda" + regional + "function:thumb:$LATEST"},
	}, []string{"arn:aws:lambda" + regional + "function:thumb:1", "arn:aws:lambda" + regional + "function:thumb:LATEST", "arn:aws:lambda" + regional + "function:thumb:$LATEST.PUBLISHED"}},
	{"arn:aws:cloudwatch" + regional + "alarm:CPU: high?", map[string][]string{
		"cloudwatch:DeleteAlarms": {"arn:aws:cloudwatch" + regional + "alarm:CPU: high?"},
	}, []string{"arn:aws:cloudwatch" + regional + "alarm:CPU: high!", "arn:aws:cloudwatch" + regional + "alarm:CPU: high?2"}},
	{"arn:aws:s3:::reports/2030/Übersicht Q1?.csv", map[string][]string{
		"s3:GetObject": {"arn:aws:s3:::reports/2030/Übersicht Q1?.csv"},
	}, []string{"arn:aws:s3:::reports/2030/Übersicht Q12.csv", "arn:aws:s3:::reports/2030/Ubersicht Q1?.csv"}},
	{"arn:aws:s3:::reports/team-a/", map[string][]string{
		"s3:GetObject": {"arn:aws:s3:::reports/team-a/q1.csv", "arn:aws:s3:::reports/team-a/2030/q1.csv"},
	}, []string{"arn:aws:s3:::reports/team-a2/", "arn:aws:s3:::reports/team-", "arn:aws:s3:::other/team-a/"}},
}

func (s sample) service() string { return strings.Split(s.entity, ":")[2] }

// name is the entity's, without the type that stands before it in most ARNs.
func (s sample) name() string {
	rest := strings.SplitN(s.entity, ":", 6)[5]
	if s.service() == "s3" {
		return rest
	}
	return rest[strings.IndexAny(rest, "/:")+1:]
}

func (s sample) actions() []string {
	var all []string
	for a := range s.allowed {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

// policies of a request with a grant: the key policy of a KMS key is the one that
// AWS makes, without which no IAM policy counts there.
func (s sample) policies(at setting, identity ...string) policies {
	p := policies{identity: identity}
	if s.service() == "kms" {
		p.ofResource = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:` + at.partition + `:iam::` + account + `:root"},"Action":"kms:*","Resource":"*"}]}`
	}
	return p
}

// user is the requester's session of a grant.
func user(s setting, p iamops.Plan) principal {
	return sessionOf(s.partition, s.path, p.Name, requester)
}

// inGrant are the questions about the requested actions.
func (s sample) inGrant(t *testing.T, at setting, p iamops.Plan, all policies) []question {
	t.Helper()
	var questions []question
	for action, resources := range s.allowed {
		for _, resource := range resources {
			r := request{by: user(at, p), action: action, resource: inPartition(at.partition, resource)}.of(account)
			questions = append(questions,
				question{"requested", r, all, true},
				question{"at the last second", r.at(last), all, true},
				question{"at the end", r.at(end), all, false},
				question{"after the end", r.at(after), all, false},
			)
			for _, sibling := range s.siblings {
				other := strings.Replace(resource, s.entity, sibling, 1)
				if other == resource {
					t.Fatalf("%s is not in %s", s.entity, resource)
				}
				r := r.with(func(r *request) { r.resource = inPartition(at.partition, other) })
				questions = append(questions,
					question{"of a sibling", r, all, false},
					question{"of a sibling, with all rights", r, s.policies(at, admin), true},
				)
			}
		}
	}
	return questions
}

// others are the questions about all other actions of the service, on the entity
// and on whatever else of its name they act on.
func (s sample) others(t *testing.T, at setting, p iamops.Plan, all policies) []question {
	t.Helper()
	var questions []question
	for _, a := range awsActions(t, s.service()) {
		if s.allowed[a.name] != nil {
			continue
		}
		for _, resource := range a.resources(at.partition, "us-east-1", s.name()) {
			r := request{by: user(at, p), action: a.name, resource: resource}.of(account)
			questions = append(questions, question{"another action", r, all, false})
		}
	}
	return questions
}

// TestUse: a grant allows each requested action on its resource until the end,
// and neither the same on a sibling nor any other action of the service.
func TestUse(t *testing.T) {
	t.Parallel()
	for _, partition := range partitions {
		t.Run(partition, func(t *testing.T) {
			at := setting{partition: partition, path: "/port-iam/"}
			var questions []question
			for _, s := range samples {
				p := plan(t, at, templates.TrustIdentityCenter, grantOf(s.entity, s.actions()...))
				all := s.policies(at, p.Policy)
				all.boundary = limits(t, s.service())
				questions = append(questions, s.inGrant(t, at, p, all)...)
				if partition == "aws" {
					questions = append(questions, s.others(t, at, p, all)...)
				}
			}
			check(t, questions)
		})
	}
}

// TestUseIsNeeded widens the permission policy of each sample in every way, and
// wants the questions of TestUse to notice.
func TestUseIsNeeded(t *testing.T) {
	t.Parallel()
	at := settings[1]
	type wider struct {
		name      string
		questions int
	}
	var all []wider
	var questions []question
	for _, s := range samples {
		p := plan(t, at, templates.TrustIdentityCenter, grantOf(s.entity, s.actions()...))
		for name, document := range map[string]string{
			"without an end": weaken(t, p.Policy, "DateLessThan"),
			"on everything":  rewrite(t, p.Policy, "Resource", "*"),
			"on the prefix":  rewrite(t, p.Policy, "Resource", strings.TrimSuffix(s.entity, "/")+"*"),
			"to do anything": rewrite(t, p.Policy, "Action", s.service()+":*"),
		} {
			asked := s.inGrant(t, at, p, s.policies(at, document))
			if name == "to do anything" {
				asked = s.others(t, at, p, s.policies(at, document))
			}
			for _, q := range asked {
				q.trusted = true // by TestUse
				questions = append(questions, q)
			}
			all = append(all, wider{s.entity + " " + name, len(asked)})
		}
	}
	results := decide(t, questions)
	for _, w := range all {
		wrong := 0
		for i, q := range questions[:w.questions] {
			if (results[i] == allowed) != q.want {
				wrong++
			}
		}
		if wrong == 0 {
			t.Errorf("nobody notices a grant for %s", w.name)
		}
		questions, results = questions[w.questions:], results[w.questions:]
	}
	t.Logf("%d wider grants", len(all))
}
