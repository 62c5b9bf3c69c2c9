package catalogue

import (
	"slices"
	"strings"
)

// operations are names of API operations and commands that people take for actions. The
// page with the required permissions of each operation says which action it needs:
// "Required permissions for Amazon S3 API operations", Amazon S3 User Guide, and the
// operation's page in the API Reference of the other services.
var operations = map[string][]string{
	"s3:copyobject":                                  {"GetObject", "PutObject"},
	"s3:createmultipartupload":                       {"PutObject"},
	"s3:completemultipartupload":                     {"PutObject"},
	"s3:uploadpart":                                  {"PutObject"},
	"s3:uploadpartcopy":                              {"GetObject", "PutObject"},
	"s3:postobject":                                  {"PutObject"},
	"s3:selectobjectcontent":                         {"GetObject"},
	"s3:deleteobjects":                               {"DeleteObject"},
	"s3:headbucket":                                  {"ListBucket"},
	"s3:headobject":                                  {"GetObject"},
	"s3:listobjects":                                 {"ListBucket"},
	"s3:listobjectsv2":                               {"ListBucket"},
	"s3:listobjectversions":                          {"ListBucketVersions"},
	"s3:listmultipartuploads":                        {"ListBucketMultipartUploads"},
	"s3:listparts":                                   {"ListMultipartUploadParts"},
	"s3:listbuckets":                                 {"ListAllMyBuckets"},
	"s3:getbucketencryption":                         {"GetEncryptionConfiguration"},
	"s3:putbucketencryption":                         {"PutEncryptionConfiguration"},
	"s3:deletebucketencryption":                      {"PutEncryptionConfiguration"},
	"s3:getbucketreplication":                        {"GetReplicationConfiguration"},
	"s3:putbucketreplication":                        {"PutReplicationConfiguration"},
	"s3:deletebucketreplication":                     {"PutReplicationConfiguration"},
	"s3:getbucketlifecycle":                          {"GetLifecycleConfiguration"},
	"s3:getbucketlifecycleconfiguration":             {"GetLifecycleConfiguration"},
	"s3:putbucketlifecycle":                          {"PutLifecycleConfiguration"},
	"s3:putbucketlifecycleconfiguration":             {"PutLifecycleConfiguration"},
	"s3:deletebucketlifecycle":                       {"PutLifecycleConfiguration"},
	"s3:getbucketaccelerateconfiguration":            {"GetAccelerateConfiguration"},
	"s3:putbucketaccelerateconfiguration":            {"PutAccelerateConfiguration"},
	"s3:getbucketnotificationconfiguration":          {"GetBucketNotification"},
	"s3:putbucketnotificationconfiguration":          {"PutBucketNotification"},
	"s3:getobjectlockconfiguration":                  {"GetBucketObjectLockConfiguration"},
	"s3:putobjectlockconfiguration":                  {"PutBucketObjectLockConfiguration"},
	"s3:getpublicaccessblock":                        {"GetBucketPublicAccessBlock"},
	"s3:putpublicaccessblock":                        {"PutBucketPublicAccessBlock"},
	"s3:deletepublicaccessblock":                     {"PutBucketPublicAccessBlock"},
	"s3:deletebucketcors":                            {"PutBucketCORS"},
	"s3:deletebuckettagging":                         {"PutBucketTagging"},
	"s3:deletebucketownershipcontrols":               {"PutBucketOwnershipControls"},
	"s3:createbucketmetadataconfiguration":           {"CreateBucketMetadataTableConfiguration"},
	"s3:getbucketmetadataconfiguration":              {"GetBucketMetadataTableConfiguration"},
	"s3:deletebucketmetadataconfiguration":           {"DeleteBucketMetadataTableConfiguration"},
	"s3:getbucketanalyticsconfiguration":             {"GetAnalyticsConfiguration"},
	"s3:listbucketanalyticsconfigurations":           {"GetAnalyticsConfiguration"},
	"s3:putbucketanalyticsconfiguration":             {"PutAnalyticsConfiguration"},
	"s3:deletebucketanalyticsconfiguration":          {"PutAnalyticsConfiguration"},
	"s3:getbucketinventoryconfiguration":             {"GetInventoryConfiguration"},
	"s3:listbucketinventoryconfigurations":           {"GetInventoryConfiguration"},
	"s3:putbucketinventoryconfiguration":             {"PutInventoryConfiguration"},
	"s3:deletebucketinventoryconfiguration":          {"PutInventoryConfiguration"},
	"s3:getbucketmetricsconfiguration":               {"GetMetricsConfiguration"},
	"s3:listbucketmetricsconfigurations":             {"GetMetricsConfiguration"},
	"s3:putbucketmetricsconfiguration":               {"PutMetricsConfiguration"},
	"s3:deletebucketmetricsconfiguration":            {"PutMetricsConfiguration"},
	"s3:getbucketintelligenttieringconfiguration":    {"GetIntelligentTieringConfiguration"},
	"s3:listbucketintelligenttieringconfigurations":  {"GetIntelligentTieringConfiguration"},
	"s3:putbucketintelligenttieringconfiguration":    {"PutIntelligentTieringConfiguration"},
	"s3:deletebucketintelligenttieringconfiguration": {"PutIntelligentTieringConfiguration"},
	"apigateway:importapi":                           {"PUT"},
	"apigateway:importdocumentationparts":            {"PUT"},
	"apigateway:tagresource":                         {"PUT", "POST"}, // of the first generation, and of the second
	"bedrock:converse":                               {"InvokeModel"},
	"bedrock:conversestream":                         {"InvokeModelWithResponseStream"},
	"bedrock:startasyncinvoke":                       {"InvokeModel"},
	"dynamodb:batchexecutestatement":                 partiQL,
	"dynamodb:executestatement":                      partiQL,
	"dynamodb:executetransaction":                    partiQL,
	"dynamodb:transactgetitems":                      {"GetItem"},
	"dynamodb:transactwriteitems":                    {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
	"kms:reencrypt":                                  {"ReEncryptFrom", "ReEncryptTo"},
	"lambda:invoke":                                  {"InvokeFunction"},
	"lambda:invokewithresponsestream":                {"InvokeFunction"},
	"sns:publishbatch":                               {"Publish"},
	"sqs:changemessagevisibilitybatch":               {"ChangeMessageVisibility"},
	"sqs:deletemessagebatch":                         {"DeleteMessage"},
	"sqs:sendmessagebatch":                           {"SendMessage"},
}

var partiQL = []string{"PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"}

// methods are the actions of API Gateway, which are called by the method of the call and
// not by the operation, by how the operations' names begin. Amazon API Gateway REST API Reference and Amazon API Gateway Version 2 API
// Reference.
var methods = []struct{ operations, action string }{
	{"apigateway:Create*", "POST"},
	{"apigateway:Delete*", "DELETE"},
	{"apigateway:Export*", "GET"},
	{"apigateway:Flush*", "DELETE"},
	{"apigateway:Generate*", "POST"},
	{"apigateway:Get*", "GET"},
	{"apigateway:Import*", "POST"},
	{"apigateway:Put*", "PUT"},
	{"apigateway:Reimport*", "PUT"},
	{"apigateway:Reject*", "POST"},
	{"apigateway:Reset*", "DELETE"},
	{"apigateway:Test*", "POST"},
	{"apigateway:Untag*", "DELETE"},
	{"apigateway:Update*", "PATCH"},
}

// actionsOf returns the actions that a call of an operation needs, if it has another
// name; nil if none is known.
func actionsOf(service, operation string) []string {
	if names := operations[service+":"+strings.ToLower(operation)]; names != nil {
		return names
	}
	for _, m := range methods {
		if Match(m.operations, service+":"+operation) {
			return []string{m.action}
		}
	}
	return nil
}

// otherNames are names of services, as people, the AWS CLI and the SDKs have them, that
// are not the prefix of the actions that are meant: AWS CLI Command Reference, and the
// titles of the pages of AWS's Service Authorization Reference.
var otherNames = map[string]string{
	"amp": "aps", "apigatewayv2": "apigateway", "bedrock-agent": "bedrock", "bedrock-agent-runtime": "bedrock", "bedrock-runtime": "bedrock",
	"cloudwatch": "logs", "cloudwatchlogs": "logs", "cognito": "cognito-idp", "docdb": "rds", "documentdb": "rds", "efs": "elasticfilesystem",
	"elasticsearch": "es", "elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "emr": "elasticmapreduce", "eventbridge": "events",
	"iot-data": "iot", "kafka": "kafka-cluster", "keyspaces": "cassandra", "lexv2": "lex", "msk": "kafka", "mwaa": "airflow", "neptune": "rds",
	"opensearch": "es", "opensearchserverless": "aoss", "pinpoint": "mobiletargeting", "prometheus": "aps", "rds": "rds-db", "resourcegroupstaggingapi": "tag",
	"s3": "s3express", "sagemaker-runtime": "sagemaker", "sesv2": "ses", "sfn": "states", "stepfunctions": "states", "timestream-query": "timestream",
	"timestream-write": "timestream",
}

// unknown ends a message about an action that a service does not have, or of a service
// that AWS does not have (nil), with what may be meant.
func (c *Catalogue) unknown(s *service, prefix, name string) string {
	other := otherNames[prefix]
	meant := actionsOf(other, name)
	if of, err := c.service(other); err == nil && of != nil && of.find(name) != nil {
		meant = []string{of.find(name).name}
	}
	switch {
	case meant != nil:
		return didYouMean(other+":", meant)
	case s != nil:
		return s.insteadOf(name)
	case other != "":
		return didYouMean("", []string{other})
	default:
		return didYouMean("", near(prefix, c.header.Services))
	}
}

// insteadOf ends a message about an unknown action with what may be meant.
func (s *service) insteadOf(name string) string {
	if names := actionsOf(s.prefix, name); names != nil {
		return didYouMean(s.prefix+":", names)
	}
	names := make([]string, len(s.actions))
	for i := range s.actions {
		names[i] = s.actions[i].name
	}
	return didYouMean(s.prefix+":", near(name, names))
}

func didYouMean(prefix string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ". Did you mean " + listed(prefix, names) + "?"
}

// listed writes "a, b or c".
func listed(prefix string, names []string) string {
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = prefix + n
	}
	n := len(full) - 1
	if n < 1 {
		return strings.Join(full, "")
	}
	return strings.Join(full[:n], ", ") + " or " + full[n]
}

// near returns the names like this one, at most three, best first. A name that
// differs in more than a third of its characters is not like it.
func near(name string, names []string) []string {
	return nearest(name, names, func(n string, off int) bool { return off <= max(1, len(n)/3) })
}

// nearest returns the names most like this one among those that are good enough,
// at most three, best first.
func nearest(name string, names []string, enough func(name string, off int) bool) []string {
	if len(name) > 100 {
		return nil // no action's name is nearly as long
	}
	off := map[string]int{}
	for _, n := range names {
		off[n] = distance(strings.ToLower(name), strings.ToLower(n))
	}
	found := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !enough(n, off[n]) })
	slices.SortStableFunc(found, func(a, b string) int { return off[a] - off[b] })
	return found[:min(3, len(found))]
}

// distance is Levenshtein's: how many characters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
