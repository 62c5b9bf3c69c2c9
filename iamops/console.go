package iamops

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// consoleHosts are the hosts of AWS's console by partition: "AWS service endpoints" of
// each partition, AWS General Reference. Where a Region has a host of its own, it is in
// front.
var consoleHosts = map[string]struct {
	host     string
	regional bool
	domain   string // of the endpoints of services
}{
	"aws":        {"console.aws.amazon.com", true, "amazonaws.com"},
	"aws-us-gov": {"console.amazonaws-us-gov.com", false, "amazonaws.com"},
	"aws-cn":     {"console.amazonaws.cn", false, "amazonaws.com.cn"},
	"aws-eusc":   {"console.amazonaws-eusc.eu", true, "amazonaws.eu"},
}

// consolePage is the page of AWS's console for resources of one type.
type consolePage struct {
	service string
	form    *regexp.Regexp // of the resource in the ARN
	// page is the path after the host, with {1} for the first group of the form, {region},
	// {account}, {arn} and {domain}; each is escaped, see escapes.
	page string
	// regionless: the ARNs have no Region.
	regionless bool
}

// consolePages are those whose form is known, from links in AWS's documentation and in
// AWS's own tools. What the form of a type does not take in gets no link.
var consolePages = []consolePage{
	{service: "s3", form: form(`([^/:]+)`), page: "/s3/buckets/{1}", regionless: true},
	{service: "s3", form: form(`([^/:]+)/(.*/)`), page: "/s3/buckets/{1}?prefix={2}", regionless: true},
	{service: "s3", form: form(`([^/:]+)/(.*[^/])`), page: "/s3/object/{1}?prefix={2}", regionless: true},
	{service: "ec2", form: form(`instance/(i-[0-9a-f]+)`), page: "/ec2/home?region={region}#InstanceDetails:instanceId={1}"},
	{service: "ec2", form: form(`volume/(vol-[0-9a-f]+)`), page: "/ec2/home?region={region}#VolumeDetails:volumeId={1}"},
	{service: "ec2", form: form(`security-group/(sg-[0-9a-f]+)`), page: "/ec2/home?region={region}#SecurityGroup:groupId={1}"},
	{service: "lambda", form: form(`function:([^/:]+)`), page: "/lambda/home?region={region}#/functions/{1}"},
	{service: "dynamodb", form: form(`table/([^/:]+)`), page: "/dynamodbv2/home?region={region}#table?name={1}"},
	{service: "sqs", form: form(`([^/:]+)`), page: "/sqs/v3/home?region={region}#/queues/https%3A%2F%2Fsqs.{region}.{domain}%2F{account}%2F{1}"},
	{service: "sns", form: form(`([^/:]+)`), page: "/sns/v3/home?region={region}#/topic/{arn colons}"},
	{service: "rds", form: form(`db:([^/:]+)`), page: "/rds/home?region={region}#database:id={1};is-cluster=false"},
	{service: "rds", form: form(`cluster:([^/:]+)`), page: "/rds/home?region={region}#database:id={1};is-cluster=true"},
	{service: "logs", form: form(`log-group:([^:]+)(?::\*)?`), page: "/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{1 twice}"},
	{service: "cloudwatch", form: form(`alarm:(.+)`), page: "/cloudwatch/home?region={region}#alarmsV2:alarm/{1 dollar}"},
	{service: "kms", form: form(`key/([^/:]+)`), page: "/kms/home?region={region}#/kms/keys/{1}"},
	// Six random characters follow the name.
	{service: "secretsmanager", form: form(`secret:([^:]+)-[A-Za-z0-9]{6}`), page: "/secretsmanager/secret?name={1}&region={region}"},
	// A name with "/" inside begins with "/", which the ARN lacks.
	{service: "ssm", form: form(`parameter/([^/:]+)`), page: "/systems-manager/parameters/{1}/description?region={region}"},
	{service: "ssm", form: form(`parameter/([^:]+/[^:]+)`), page: "/systems-manager/parameters/%252F{1 again}/description?region={region}"},
	{service: "ecs", form: form(`cluster/([^/:]+)`), page: "/ecs/v2/clusters/{1}/services?region={region}"},
	{service: "ecs", form: form(`service/([^/:]+)/([^/:]+)`), page: "/ecs/v2/clusters/{1}/services/{2}/health?region={region}"},
	{service: "ecs", form: form(`task/([^/:]+)/([^/:]+)`), page: "/ecs/v2/clusters/{1}/tasks/{2}?region={region}"},
	{service: "states", form: form(`stateMachine:([^/:]+)`), page: "/states/home?region={region}#/statemachines/view/{arn colons}"},
	{service: "kinesis", form: form(`stream/([^/:]+)`), page: "/kinesis/home?region={region}#/streams/details/{1}/monitoring"},
	{service: "ecr", form: form(`repository/([^:]+)`), page: "/ecr/repositories/private/{account}/{1 path}?region={region}"},
	{service: "eks", form: form(`cluster/([^/:]+)`), page: "/eks/home?region={region}#/clusters/{1}"},
}

func form(of string) *regexp.Regexp { return regexp.MustCompile(`(?s)^` + of + `$`) }

var (
	consoleRegion = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	consoleValue  = regexp.MustCompile(`\{([a-z0-9]+)(?: ([a-z]+))?\}`)
)

// escapes are how a page takes a value, beside once by percent signs.
var escapes = map[string]func(string) string{
	"": escaped,
	// The slashes of the name are those of the path.
	"path": func(s string) string { return strings.ReplaceAll(escaped(s), "%2F", "/") },
	// The colons of an ARN stay.
	"colons": func(s string) string { return strings.ReplaceAll(escaped(s), "%3A", ":") },
	// Escaped again.
	"again": func(s string) string { return escaped(escaped(s)) },
	// CloudWatch escapes again, with dollars in the place of percent signs, so that "/" is
	// "$252F".
	"twice": func(s string) string { return strings.ReplaceAll(escaped(escaped(s)), "%", "$") },
	// As a form does, with dollars.
	"dollar": func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%", "$") },
}

// escaped is a text with everything escaped that is neither a letter nor a digit of
// ASCII, nor one of "-_.~".
func escaped(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// ConsoleURL is the page of AWS's console that shows a resource; "" where its form is not
// known. Host and path are constant but for the Region and escaped parts of the ARN.
func ConsoleURL(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return ""
	}
	at, known := consoleHosts[parts[1]]
	region := regionOf(arn)
	if !known || region != parts[3] {
		return ""
	}
	for _, p := range consolePages {
		found := p.form.FindStringSubmatch(parts[5])
		if p.service != parts[2] || found == nil || p.regionless != (region == "") || slices.ContainsFunc(found[1:], dotted) {
			continue
		}
		host := at.host
		if at.regional && region != "" {
			host = region + "." + host
		}
		values := map[string]string{"region": region, "account": parts[4], "arn": arn, "domain": at.domain}
		for i, group := range found[1:] {
			values[string(rune('1'+i))] = group
		}
		return "https://" + host + consoleValue.ReplaceAllStringFunc(p.page, func(place string) string {
			named := consoleValue.FindStringSubmatch(place)
			return escapes[named[2]](values[named[1]])
		})
	}
	return ""
}

// dotted reports whether a browser would take a part of a name for a step up in the path.
func dotted(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return part == "." || part == ".." })
}

// regionOf is the Region in an ARN; "" where there is none of the form of Regions.
func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && consoleRegion.MatchString(parts[3]) {
		return parts[3]
	}
	return ""
}
