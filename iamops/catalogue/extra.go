package catalogue

import "slices"

// extraTypes are types that actions act on although the source does not say so.
// Each row names the page that does.
//
// Some prefixes stand for two pages of AWS's reference, one for each generation
// of the service. Of an action that both pages have, such as GET of API Gateway,
// the source keeps the types of one page. The rows of the first list give those of
// the other.
var extraTypes = slices.Concat(otherGeneration, onePage)

type extra struct {
	service string
	actions []string
	types   []string
}

var otherGeneration = []extra{
	// "Actions, resources, and condition keys for Amazon API Gateway Management V2".
	{"apigateway", []string{"GET"}, []string{
		"AccessLogSettings", "Api", "ApiMapping", "ApiMappings", "Apis", "Authorizer V2", "AuthorizersCache", "Cors", "ExportedAPI",
		"Integration V2", "IntegrationResponse V2", "IntegrationResponses", "Integrations", "ModelTemplate", "Route", "RouteRequestParameter", "RouteResponse",
		"RouteResponses", "RouteSettings", "Routes",
	}},
	{"apigateway", []string{"DELETE"}, []string{
		"AccessLogSettings", "Api", "ApiMapping", "Authorizer V2", "AuthorizersCache", "Cors", "Integration V2",
		"IntegrationResponse V2", "Route", "RouteRequestParameter", "RouteResponse", "RouteSettings",
	}},
	{"apigateway", []string{"PATCH"}, []string{
		"Api", "ApiMapping", "Authorizer V2", "Integration V2", "IntegrationResponse V2", "Route", "RouteRequestParameter", "RouteResponse",
	}},
	{"apigateway", []string{"POST"}, []string{
		"ApiMappings", "Apis", "IntegrationResponses", "Integrations", "RouteResponses", "Routes",
	}},
	{"apigateway", []string{"PUT"}, []string{"Api", "Apis"}},
	// "Actions, resources, and condition keys for AWS Marketplace Catalog"; the
	// source has the types of the Deployment Service.
	{"aws-marketplace", []string{"ListTagsForResource", "TagResource", "UntagResource"}, []string{"ChangeSet", "Entity"}},
	// The source keeps the types of the classic load balancer. "Actions, resources,
	// and condition keys for AWS Elastic Load Balancing V2".
	{
		"elasticloadbalancing",
		[]string{"CreateLoadBalancer", "DeleteLoadBalancer", "ModifyLoadBalancerAttributes"},
		[]string{"loadbalancer/app/", "loadbalancer/gwy/", "loadbalancer/net/"},
	},
	{"elasticloadbalancing", []string{"AddTags", "RemoveTags"}, []string{
		"loadbalancer/app/", "loadbalancer/gwy/", "loadbalancer/net/", "listener/app", "listener/gwy", "listener/net",
		"listener-rule/app", "listener-rule/net", "targetgroup", "truststore",
	}},
	// "Actions, resources, and condition keys for AWS IoT Greengrass V2".
	{"greengrass", []string{"ListTagsForResource", "TagResource", "UntagResource"}, []string{"component", "componentVersion", "coreDevice"}},
	// "Actions, resources, and condition keys for Amazon Lex V2".
	{"lex", []string{"ListTagsForResource", "TagResource", "UntagResource", "StartImport"}, []string{"test set"}},
	// "Actions, resources, and condition keys for Amazon Simple Email Service - Mail
	// Manager".
	{"ses", []string{"ListTagsForResource", "TagResource", "UntagResource"}, []string{
		"addon-instance", "addon-subscription", "mailmanager-address-list", "mailmanager-ingress-point",
		"mailmanager-rule-set", "mailmanager-smtp-relay", "mailmanager-traffic-policy",
	}},
	// "Actions, resources, and condition keys for AWS End User Messaging SMS and
	// Voice V2".
	{"sms-voice", []string{"DeleteConfigurationSet"}, []string{"ConfigurationSet"}},
	{"sms-voice", []string{"SendVoiceMessage"}, []string{"PhoneNumber", "Pool"}},
}

var onePage = []extra{
	// CreateResource, TestInvokeMethod, TestInvokeAuthorizer, PutMethod and
	// PutIntegration, Amazon API Gateway REST API Reference: a resource is made by a POST
	// of the one above it, and a POST of a method or an authorizer tries it.
	{"apigateway", []string{"POST"}, []string{"Authorizer", "Method", "Resource"}},
	{"apigateway", []string{"PUT"}, []string{"Integration", "Method"}},
	// "Actions, resources, and condition keys for Amazon Connect".
	{"connect", []string{"StartOutboundVoiceContact"}, []string{"contact"}},
	// "Identity and Access Management in Amazon OpenSearch Service", Amazon OpenSearch
	// Service Developer Guide: calls of these, and no others, name a path.
	{"es", []string{"ESHttpDelete", "ESHttpGet", "ESHttpHead", "ESHttpPatch", "ESHttpPost", "ESHttpPut"}, []string{"path of a domain"}},
	// "Fine-tuning the Resources and Conditions sections of policies", AWS Lambda
	// Developer Guide: a function, version or alias. Of the actions on functions
	// these are the ones whose operation takes a Qualifier (Lambda API Reference);
	// for the others, naming a version would allow nothing.
	{"lambda", []string{
		"InvokeFunction", "InvokeFunctionUrl", "GetFunction", "GetFunctionConfiguration", "DeleteFunction",
		"AddPermission", "RemovePermission", "GetPolicy",
		"CreateFunctionUrlConfig", "GetFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig",
		"PutFunctionEventInvokeConfig", "GetFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig",
		"PutRuntimeManagementConfig", "GetRuntimeManagementConfig",
	}, []string{"function alias", "function version"}},
	// "Permissions" of Multi-Region Access Points, Amazon S3 User Guide.
	{"s3", []string{"ListBucket"}, []string{"multiregionaccesspoint"}},
	// "Actions, resources, and condition keys for Amazon S3".
	{"s3", []string{"CreateAccessGrant"}, []string{"accessgrantslocation"}},
	{"s3", []string{"CreateAccessGrantsLocation"}, []string{"accessgrantsinstance"}},
	// "Actions, resources, and condition keys for Amazon SageMaker".
	{"sagemaker", []string{"CreateModelPackage"}, []string{"model-package-group"}},
	// Name of each operation, and DocumentName of StartSession, AWS Systems Manager API
	// Reference: what reads and uses a document takes one of AWS's, too.
	{"ssm", []string{
		"CreateAssociationBatch", "DescribeDocument", "DescribeDocumentParameters", "GetDocument", "ListDocumentVersions", "SendCommand",
		"StartAutomationExecution", "StartChangeRequestExecution", "StartSession",
	}, []string{"document of AWS"}},
	// "IAM policies for using Distributed Map states", AWS Step Functions Developer
	// Guide: the executions that a Map Run starts.
	{"states", []string{
		"DescribeExecution", "DescribeStateMachineForExecution", "GetExecutionHistory", "RedriveExecution", "StopExecution",
	}, []string{"labelled execution"}},
	{"states", []string{"DescribeExecution"}, []string{"labelled express"}},
}

func addedTypes(service, action string) []string {
	var out []string
	for _, e := range extraTypes {
		if e.service == service && slices.Contains(e.actions, action) {
			out = append(out, e.types...)
		}
	}
	return out
}
