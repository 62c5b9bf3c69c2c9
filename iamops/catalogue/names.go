package catalogue

// colons says which names in the ARN of a type may hold ":", which else ends a
// name.
type colons int

const (
	noName    colons = iota
	lastName         // the one at the end
	everyName        // those before it, too
)

// namesWithColons are the types whose names or ids hold ":", by the operation or
// the page that says so. For each, the name in AWS's pattern of the ARN is meant.
// An operation is one of the service's own API Reference.
var namesWithColons = map[string]colons{
	"application-signals instrumentationConfig": everyName, // Service and Environment of CreateInstrumentationConfiguration
	"arc-region-switch plan":                    lastName,  // "NAME:SUFFIX": arn of GetPlan
	"backup recoveryPoint":                      lastName,  // "continuous:ID": AwsBackupRecoveryPointArn of DBInstance, Amazon RDS API Reference
	"batch job":                                 lastName,  // "JOB:INDEX", a child: "Array jobs", AWS Batch User Guide
	"bedrock application-inference-profile":     lastName,  // inferenceProfileArn of GetInferenceProfile
	"bedrock custom-model":                      lastName,  // "amazon.titan-text-lite-v1:0:4k/ID": modelArn of GetCustomModel
	"bedrock default-prompt-router":             lastName,  // "anthropic.claude:1": promptRouterArn of GetPromptRouter
	"bedrock flow-execution":                    lastName,  // executionIdentifier of StartFlowExecution
	"bedrock foundation-model":                  lastName,  // "meta.llama3-8b-instruct-v1:0": "Supported foundation models in Amazon Bedrock"
	"bedrock guardrail-profile":                 lastName,  // "us.guardrail.v1:0": guardrailProfileId of GetGuardrail
	"bedrock inference-profile":                 lastName,  // "us.amazon.nova-lite-v1:0": inferenceProfileId of GetInferenceProfile
	"bedrock model-customization-job":           lastName,  // "amazon.titan-text-express-v1:0:8k/ID": jobArn of GetModelCustomizationJob
	"bedrock session":                           lastName,  // sessionIdentifier of GetSession
	"cases Case":                                lastName,  // caseId of GetCase
	"cases RelatedItem":                         everyName,
	"cassandra stream":                          lastName, // the label is a time, as in DynamoDB
	"ce billingview":                            lastName, // BillingViewArn of GetCostAndUsage
	"chime app-instance-user":                   lastName, // AppInstanceUserId of CreateAppInstanceUser
	"chime channel":                             lastName, // ChannelId of CreateChannel
	"cloudwatch alarm":                          lastName, // names are free: AlarmName of PutMetricAlarm
	"cloudwatch insight-rule":                   lastName, // RuleName of PutInsightRule
	"codeartifact package":                      lastName, // package of DescribePackage
	"codebuild build":                           lastName, // "PROJECT:UUID": id of Build
	"codebuild build-batch":                     lastName,
	"codeguru-security ScanName":                lastName,  // scanName of CreateScan
	"cognito-identity identitypool":             lastName,  // "REGION:UUID": IdentityPoolId of DescribeIdentityPool
	"cognito-sync dataset":                      everyName, // DatasetName of DescribeDataset, too
	"cognito-sync identity":                     everyName,
	"cognito-sync identitypool":                 lastName,
	"dynamodb stream":                           lastName, // the label is a time: StreamLabel of DescribeStream
	"elasticbeanstalk application":              lastName, // names are free: CreateApplication
	"elasticbeanstalk applicationversion":       everyName,
	"elasticbeanstalk configurationtemplate":    everyName,
	"elasticbeanstalk environment":              everyName,
	"execute-api execute-api-general":           lastName, // paths are free
	"fis action":                                lastName, // "aws:ec2:stop-instances": "AWS FIS Actions reference", AWS Fault Injection Service User Guide
	"glue blueprint":                            lastName, // names in AWS Glue are free: "Common data types", AWS Glue Developer Guide
	"glue catalog":                              lastName,
	"glue connection":                           lastName,
	"glue crawler":                              lastName,
	"glue dataQualityRuleset":                   lastName,
	"glue database":                             lastName,
	"glue devendpoint":                          lastName,
	"glue job":                                  lastName,
	"glue session":                              lastName,
	"glue table":                                everyName,
	"glue tableversion":                         everyName,
	"glue trigger":                              lastName,
	"glue usageProfile":                         lastName,
	"glue userdefinedfunction":                  everyName,
	"glue workflow":                             lastName,
	"iot billinggroup":                          lastName,  // billingGroupName of CreateBillingGroup
	"iot client":                                lastName,  // ids are free: "AWS IoT Core action resources", AWS IoT Core Developer Guide
	"iot custommetric":                          lastName,  // metricName of CreateCustomMetric
	"iot dimension":                             lastName,  // name of CreateDimension
	"iot domainconfiguration":                   everyName, // "iot:Data-ATS": domainConfigurationName of DescribeDomainConfiguration
	"iot dynamicthinggroup":                     lastName,  // thingGroupName of CreateDynamicThingGroup
	"iot index":                                 lastName,  // indexName of DescribeIndex
	"iot securityprofile":                       lastName,  // securityProfileName of CreateSecurityProfile
	"iot thing":                                 lastName,  // thingName of CreateThing
	"iot thinggroup":                            lastName,  // thingGroupName of CreateThingGroup
	"iot thingtype":                             lastName,  // thingTypeName of CreateThingType
	"iot topic":                                 lastName,  // topics are free: "MQTT topics", AWS IoT Core Developer Guide
	"iot topicfilter":                           lastName,
	"iot tunnel":                                lastName, // tunnelId of DescribeTunnel
	"iotfleetwise campaign":                     lastName, // name of CreateCampaign
	"iotfleetwise decodermanifest":              lastName, // name of CreateDecoderManifest
	"iotfleetwise fleet":                        lastName, // fleetId of CreateFleet
	"iotfleetwise modelmanifest":                lastName, // name of CreateModelManifest
	"iotfleetwise signalcatalog":                lastName, // name of CreateSignalCatalog
	"iotfleetwise statetemplate":                lastName, // name of CreateStateTemplate
	"iotfleetwise vehicle":                      lastName, // vehicleName of CreateVehicle
	"iotmanagedintegrations managed-thing":      lastName, // Identifier of GetManagedThing
	"iottwinmaker componentType":                lastName, // componentTypeId of CreateComponentType
	"iottwinmaker entity":                       lastName, // entityId of CreateEntity
	"kafka-cluster group":                       lastName, // Kafka's ids are free: "Authorization policy resources", Amazon MSK Developer Guide
	"kafka-cluster transactional-id":            lastName,
	"kms alias":                                 lastName, // AliasName of CreateAlias
	"lambda networkConnector":                   lastName, // "NAME:VERSION": NetworkConnectorArn
	"quicksight group":                          lastName, // GroupName of CreateGroup
	"quicksight user":                           lastName, // UserName of RegisterUser
	"rds cluster-snapshot":                      lastName, // automated ones are "rds:NAME-DATE": "Working with ARNs", Amazon RDS User Guide
	"rds global-cluster":                        lastName, // GlobalClusterIdentifier of CreateGlobalCluster
	"rds og":                                    lastName, // "default:mysql-8-0": "Working with option groups", Amazon RDS User Guide
	"rds snapshot":                              lastName,
	"redshift snapshot":                         lastName, // automated ones are "rs:NAME-DATE": "Amazon Redshift snapshots"
	"redshift-serverless managed-workgroup":     lastName, // managedWorkgroupName of ListManagedWorkgroups
	"s3 accesspointobject":                      lastName,
	"s3 object":                                 lastName, // keys are free: "Naming Amazon S3 objects"
	"s3-outposts object":                        lastName,
	"ssm managed-instance":                      lastName, // "eks_c:CLUSTER_ID": InstanceId of UpdateManagedInstanceRole
}
