package catalogue

import "strings"

// AWS's reference is wrong or silent in these places. Each row names the page
// that says otherwise. None of them can make a grant reach beyond the entity's
// ARN: see the test of the invariant.

// ownTypes are types that AWS's reference lacks, by service. Their patterns are in
// patternFixes, and the actions on them in extraTypes.
var ownTypes = map[string][][]string{
	"apigateway": {{"Authorizer V2"}, {"Integration V2"}, {"IntegrationResponse V2"}},
	"es":         {{"path of a domain"}},
	"sns":        {{"subscription"}},
	"ssm":        {{"document of AWS"}, {"document of AWS with an account"}},
}

// patternFixes replace the ARN patterns of a resource type.
var patternFixes = map[string][]string{
	// AWS gives both generations one type, and not all actions on one act on the other:
	// "Actions, resources, and condition keys for Amazon API Gateway Management" has the
	// first of each, and that for Amazon API Gateway Management V2 the second.
	"apigateway Authorizer":             {"apigateway:${Region}::/restapis/${RestApiId}/authorizers/${AuthorizerId}"},
	"apigateway Authorizer V2":          {"apigateway:${Region}::/apis/${ApiId}/authorizers/${AuthorizerId}"},
	"apigateway Integration":            {"apigateway:${Region}::/restapis/${RestApiId}/resources/${ResourceId}/methods/${HttpMethodType}/integration"},
	"apigateway Integration V2":         {"apigateway:${Region}::/apis/${ApiId}/integrations/${IntegrationId}"},
	"apigateway IntegrationResponse":    {"apigateway:${Region}::/restapis/${RestApiId}/resources/${ResourceId}/methods/${HttpMethodType}/integration/responses/${StatusCode}"},
	"apigateway IntegrationResponse V2": {"apigateway:${Region}::/apis/${ApiId}/integrations/${IntegrationId}/integrationresponses/${IntegrationResponseId}"},
	// AWS gives "${Vendor}" and "*" for the account, which is any ARN at all.
	// "Access control", AWS Backup Developer Guide, has those of each service: recovery
	// points of EC2, EBS, RDS, Aurora, DynamoDB, FSx and Redshift are snapshots, images
	// and backups there.
	"backup recoveryPoint": {
		"backup:${Region}:${Account}:recovery-point:${RecoveryPointId}",
		"ec2:${Region}::image/${ImageId}",
		"ec2:${Region}::snapshot/${SnapshotId}",
		"rds:${Region}:${Account}:snapshot:${SnapshotName}",
		"rds:${Region}:${Account}:cluster-snapshot:${ClusterSnapshotName}",
		"dynamodb:${Region}:${Account}:table/${TableName}/backup/${BackupName}",
		"fsx:${Region}:${Account}:backup/${BackupId}",
		"redshift:${Region}:${Account}:snapshot:${ClusterName}/${SnapshotName}",
	},
	// AWS gives "*:*" for region and account. "Restrict user access to certain
	// devices", Amazon Braket Developer Guide, has both; the API reports ARNs
	// without account, and without region, too ("deviceArn" of GetDevice).
	"braket device": {
		"braket:${Region}:${Account}:device/${DeviceType}/${Provider}/${DeviceId}",
		"braket:${Region}::device/${DeviceType}/${Provider}/${DeviceId}",
		"braket:::device/${DeviceType}/${Provider}/${DeviceId}",
	},
	// "AWS CodeArtifact permissions reference", AWS CodeArtifact User Guide: the
	// field of the namespace is empty where a package has none.
	"codeartifact package": {
		"codeartifact:${Region}:${Account}:package/${DomainName}/${RepositoryName}/${PackageFormat}/${PackageNamespace}/${PackageName}",
		"codeartifact:${Region}:${Account}:package/${DomainName}/${RepositoryName}/${PackageFormat}//${PackageName}",
	},
	// "Identity and Access Management in Amazon OpenSearch Service", Amazon OpenSearch
	// Service Developer Guide: indexes and APIs are subresources of the domain.
	"es path of a domain": {"es:${Region}:${Account}:domain/${DomainName}/${Path}"},
	// AWS has the first. The path is empty for the root resource of an API: "Control
	// access to a REST API with IAM permissions", Amazon API Gateway Developer Guide;
	// "Control access to WebSocket APIs with IAM authorization" has the third. The last
	// two stand for all paths of a stage and of an API, see forms.
	"execute-api execute-api-general": {
		"execute-api:${Region}:${Account}:${ApiId}/${Stage}/${Method}/${ApiSpecificResourcePath}",
		"execute-api:${Region}:${Account}:${ApiId}/${Stage}/${Method}/",
		"execute-api:${Region}:${Account}:${ApiId}/${Stage}/${RouteKey}",
		"execute-api:${Region}:${Account}:${ApiId}/${Stage}",
		"execute-api:${Region}:${Account}:${ApiId}",
	},
	// AWS has the first. "Permissions" of Multi-Region Access Points, Amazon S3 User Guide:
	// objects behind one have no region.
	"s3 accesspointobject": {
		"s3:${Region}:${Account}:accesspoint/${AccessPointName}/object/${ObjectName}",
		"s3::${Account}:accesspoint/${AccessPointAlias}/object/${ObjectName}",
	},
	// AWS has the first. People give the second, which names no stack: a row of the
	// companions says so.
	"cloudformation stack": {
		"cloudformation:${Region}:${Account}:stack/${StackName}/${Id}",
		"cloudformation:${Region}:${Account}:stack/${StackName}",
	},
	// AWS gives "${StreamType}", which is "stream": ResourceARN of
	// PutResourcePolicy, Amazon Kinesis Data Streams API Reference.
	"kinesis consumer": {"kinesis:${Region}:${Account}:stream/${StreamName}/consumer/${ConsumerName}:${ConsumerCreationTimestamp}"},
	// SubscriptionArn of Subscribe, Amazon SNS API Reference. AWS checks the topic.
	"sns subscription": {"sns:${Region}:${Account}:${TopicName}:${SubscriptionId}"},
	// AWS has the first. Those of AWS itself, which all may read, have the second: "Calling
	// AMI public parameters in Parameter Store", AWS Systems Manager User Guide.
	"ssm parameter": {
		"ssm:${Region}:${Account}:parameter/${ParameterNameWithoutLeadingSlash}",
		"ssm:${Region}::parameter/aws/service/${PublicParameterName}",
	},
	// Name of CreateDocument, AWS Systems Manager API Reference, has the names that are
	// AWS's own, and documentArn of SsmDocumentConfig, ARC Region switch API Reference,
	// that the account may be missing: these belong to none.
	"ssm document of AWS": {
		"ssm:${Region}::document/AWS${Name}",
		"ssm:${Region}::document/Amazon${Name}",
		"ssm:${Region}::document/AMZN${Name}",
	},
	"ssm document of AWS with an account": {
		"ssm:${Region}:${Account}:document/AWS${Name}",
		"ssm:${Region}:${Account}:document/Amazon${Name}",
		"ssm:${Region}:${Account}:document/AMZN${Name}",
	},
	// AWS has the first. ContactChannelArn of GetContactChannel, AWS Systems Manager
	// Incident Manager Contacts API Reference, has the second.
	"ssm-contacts contactchannel": {
		"ssm-contacts:${Region}:${Account}:contactchannel/${ContactAlias}/${ContactChannelId}",
		"ssm-contacts:${Region}:${Account}:contact-channel/${ContactAlias}/${ContactChannelId}",
	},
	// AWS has the first. arn of DomainInfo, Amazon SWF API Reference, has a region.
	"swf domain": {
		"swf::${Account}:/domain/${DomainName}",
		"swf:${Region}:${Account}:/domain/${DomainName}",
	},
	// AWS gives "task/${TaskId}", the form before 2018. "Monitor Amazon ECS
	// containers with ECS Exec", Amazon ECS Developer Guide, limits
	// ssm:StartSession to "task/cluster-name/*".
	"ssm task": {"ecs:${Region}:${Account}:task/${ClusterName}/${TaskId}"},
}

// forms say how an ARN is written in a policy where that is not the ARN itself.
// The endings are appended to it; the first row that fits counts.
var forms = []struct {
	action  string // pattern
	shape   string // of the entity's type
	endings []string
}{
	// "Overview of managing access permissions to your CloudWatch Logs
	// resources", Amazon CloudWatch Logs User Guide: without ":*" for the three
	// that tag, with it for all others. Both are given to the others, since some
	// operations are authorised on either, depending on how the caller names
	// the group.
	{"logs:TagResource", logGroup, []string{""}},
	{"logs:UntagResource", logGroup, []string{""}},
	{"logs:ListTagsForResource", logGroup, []string{""}},
	{"logs:*", logGroup, []string{"", ":*"}},
	// "Identity and Access Management in Amazon OpenSearch Service", Amazon
	// OpenSearch Service Developer Guide: paths of the domain are "domain/NAME/*".
	{"es:ESHttp*", "es:*:*:domain/*", []string{"/*"}},
	{"es:ESHttp*", "es:*:*:domain/*/*", []string{"", "/*"}},
	// "Control access to a REST API with IAM permissions", Amazon API Gateway Developer
	// Guide: all paths of a stage are "API/STAGE/*".
	{"execute-api:*", "execute-api:*:*:*/*", []string{"/*"}},
	{"execute-api:*", "execute-api:*:*:*", []string{"/*"}},
	// "Configuring authorization and authentication to secure your GraphQL APIs",
	// AWS AppSync Developer Guide, AWS_IAM: queries are authorised on
	// "apis/ID/types/TYPE/fields/FIELD", all of them being "apis/ID/*".
	{"appsync:GraphQL", "appsync:*:*:apis/*", []string{"", "/*"}},
	{"appsync:SourceGraphQL", "appsync:*:*:apis/*", []string{"", "/*"}},
}

const logGroup = "logs:*:*:log-group:*"

// inFolders are the shapes of what folders hold. The ARN of an object that ends in "/"
// means all objects whose keys begin so: "Organizing objects in the Amazon S3 console
// by using folders", Amazon S3 User Guide. No other ARN does.
var inFolders = []string{"s3:::*/*", "s3:*:*:accesspoint/*/object/*", "s3::*:accesspoint/*/object/*", "s3-outposts:*:*:outpost/*/bucket/*/object/*"}

// written returns the endings to give an ARN in a policy that lets the action,
// which acts on it, do so.
func (k kind) written(action string) []string {
	if k.folder {
		return []string{"*"}
	}
	for _, f := range forms {
		for _, p := range k.shapes {
			if p.shape == f.shape && Match(f.action, action) {
				return f.endings
			}
		}
	}
	return []string{""}
}

// withoutLogStreams takes the ":*" off the ARN of a log group. DescribeLogGroups
// and CloudFormation report it so ("arn" of LogGroup, CloudWatch Logs API
// Reference), and an entity's identifier may come from either.
func withoutLogStreams(text string) string {
	short, ok := strings.CutSuffix(text, ":*")
	if !ok {
		return text
	}
	if fields := strings.SplitN(short, ":", 8); len(fields) == 7 && fields[2] == "logs" && fields[5] == "log-group" {
		return short
	}
	return text
}
