package catalogue

import "strings"

// names says what the names in the ARNs of a type may hold, beside what all may.
type names int

const (
	// plain: no ":", which else ends a name, and no "*" or "?".
	plain names = iota
	// colonAtEnd: the last name may hold ":". colons: each may.
	colonAtEnd
	colons
	// freeAtEnd: the last name may hold anything. free: each may.
	freeAtEnd
	free
	// id: no "/" either, which plain ones may hold.
	id
)

// unusual are the types whose names or ids hold more than plain ones, by the
// operation or the page that says so; a type without one is as that before it. The
// name that AWS's pattern of the ARN has is meant, and an operation is one of the
// service's own API Reference.
var unusual = map[string]names{
	"acm certificate":                           id,   // CertificateArn of DescribeCertificate
	"apigateway ApiMapping":                     free, // "*.example.com": "Wildcard custom domain names", Amazon API Gateway Developer Guide
	"apigateway ApiMappings":                    free,
	"apigateway BasePathMapping":                free,
	"apigateway BasePathMappings":               free,
	"apigateway DomainName":                     free,
	"application-signals instrumentationConfig": colons,     // Service and Environment of CreateInstrumentationConfiguration
	"arc-region-switch plan":                    colonAtEnd, // "NAME:SUFFIX": arn of GetPlan
	"athena workgroup":                          id,         // Name of CreateWorkGroup
	"autoscaling autoScalingGroup":              freeAtEnd,  // AutoScalingGroupName of CreateAutoScalingGroup
	"autoscaling launchConfiguration":           freeAtEnd,  // LaunchConfigurationName of CreateLaunchConfiguration
	"backup backupVault":                        id,         // BackupVaultName of CreateBackupVault, AWS Backup Developer Guide
	"backup recoveryPoint":                      colonAtEnd, // "continuous:ID": AwsBackupRecoveryPointArn of DBInstance, Amazon RDS API Reference
	"batch job":                                 colonAtEnd, // "JOB:INDEX", a child: "Array jobs", AWS Batch User Guide
	"batch job-queue":                           id,         // jobQueueName of CreateJobQueue
	"bedrock application-inference-profile":     colonAtEnd, // inferenceProfileArn of GetInferenceProfile
	"bedrock custom-model":                      colonAtEnd, // "amazon.titan-text-lite-v1:0:4k/ID": modelArn of GetCustomModel
	"bedrock default-prompt-router":             colonAtEnd, // "meta.llama:1": promptRouterArn of GetPromptRouter
	"bedrock flow-execution":                    colonAtEnd, // executionIdentifier of StartFlowExecution
	"bedrock foundation-model":                  colonAtEnd, // "meta.llama3-8b-instruct-v1:0": "Supported foundation models in Amazon Bedrock"
	"bedrock guardrail-profile":                 colonAtEnd, // "us.guardrail.v1:0": guardrailProfileId of GetGuardrail
	"bedrock inference-profile":                 colonAtEnd, // "us.amazon.nova-lite-v1:0": inferenceProfileId of GetInferenceProfile
	"bedrock model-customization-job":           colonAtEnd, // "amazon.titan-text-express-v1:0:8k/ID": jobArn of GetModelCustomizationJob
	"bedrock session":                           colonAtEnd, // sessionIdentifier of GetSession
	"cases Case":                                colonAtEnd, // caseId of GetCase
	"cases RelatedItem":                         colons,
	"cassandra stream":                          colonAtEnd, // the label is a time, as in DynamoDB
	"ce billingview":                            colonAtEnd, // BillingViewArn of GetCostAndUsage
	"chime app-instance-user":                   colonAtEnd, // AppInstanceUserId of CreateAppInstanceUser
	"chime channel":                             colonAtEnd, // ChannelId of CreateChannel
	"cloudfront distribution":                   id,         // Id of Distribution
	"cloudtrail trail":                          id,         // Name of CreateTrail
	"cloudwatch alarm":                          freeAtEnd,  // names are free: AlarmName of PutMetricAlarm
	"cloudwatch alarm-mute-rule":                freeAtEnd,  // Name of PutAlarmMuteRule
	"cloudwatch insight-rule":                   freeAtEnd,  // RuleName of PutInsightRule
	"codeartifact package":                      freeAtEnd,  // package of DescribePackage
	"codebuild build":                           colonAtEnd, // "PROJECT:UUID": id of Build
	"codebuild build-batch":                     colonAtEnd,
	"codebuild project":                         id,        // name of CreateProject
	"codecommit repository":                     id,        // repositoryName of CreateRepository
	"codedeploy application":                    freeAtEnd, // names are free: CreateApplication
	"codedeploy deploymentgroup":                free,
	"codeguru-security ScanName":                colonAtEnd, // scanName of CreateScan
	"cognito-identity identitypool":             colonAtEnd, // "REGION:UUID": IdentityPoolId of DescribeIdentityPool
	"cognito-idp userpool":                      id,         // UserPoolId of DescribeUserPool
	"cognito-sync dataset":                      colons,     // DatasetName of DescribeDataset, too
	"cognito-sync identity":                     colons,
	"cognito-sync identitypool":                 colonAtEnd,
	"cur cur":                                   freeAtEnd,  // ReportName of ReportDefinition
	"dynamodb index":                            id,         // IndexName of GlobalSecondaryIndex
	"dynamodb stream":                           colonAtEnd, // the label is a time: StreamLabel of DescribeStream
	"dynamodb table":                            id,         // TableName of CreateTable
	"ecs cluster":                               id,         // clusterName of CreateCluster
	"eks cluster":                               id,         // name of CreateCluster
	"elasticache cluster":                       id,         // CacheClusterId of CreateCacheCluster
	"elasticache replicationgroup":              id,         // ReplicationGroupId of CreateReplicationGroup
	"elasticache serverlesscache":               id,         // ServerlessCacheName of CreateServerlessCache
	"elasticbeanstalk application":              freeAtEnd,  // names are free: CreateApplication
	"elasticbeanstalk applicationversion":       free,
	"elasticbeanstalk configurationtemplate":    free,
	"elasticbeanstalk environment":              free,
	"elasticfilesystem file-system":             id,         // FileSystemId of DescribeFileSystems
	"es domain":                                 id,         // DomainName of CreateDomain, Amazon OpenSearch Service API Reference
	"execute-api execute-api-general":           freeAtEnd,  // paths are free
	"firehose deliverystream":                   id,         // DeliveryStreamName of CreateDeliveryStream
	"fis action":                                colonAtEnd, // "aws:ec2:stop-instances": "AWS FIS Actions reference", AWS Fault Injection Service User Guide
	"glue blueprint":                            freeAtEnd,  // names in AWS Glue are free: "Common data types", AWS Glue Developer Guide
	"glue catalog":                              freeAtEnd,
	"glue connection":                           freeAtEnd,
	"glue crawler":                              freeAtEnd,
	"glue database":                             freeAtEnd,
	"glue dataQualityRuleset":                   freeAtEnd,
	"glue devendpoint":                          freeAtEnd,
	"glue job":                                  freeAtEnd,
	"glue session":                              freeAtEnd,
	"glue table":                                free,
	"glue tableversion":                         free,
	"glue trigger":                              freeAtEnd,
	"glue usageProfile":                         freeAtEnd,
	"glue userdefinedfunction":                  free,
	"glue workflow":                             freeAtEnd,
	"iot billinggroup":                          colonAtEnd, // billingGroupName of CreateBillingGroup
	"iot client":                                freeAtEnd,  // ids are free: "AWS IoT Core action resources", AWS IoT Core Developer Guide
	"iot custommetric":                          colonAtEnd, // metricName of CreateCustomMetric
	"iot dimension":                             colonAtEnd, // name of CreateDimension
	"iot domainconfiguration":                   colons,     // "iot:Data-ATS": domainConfigurationName of DescribeDomainConfiguration
	"iot dynamicthinggroup":                     colonAtEnd, // thingGroupName of CreateDynamicThingGroup
	"iot index":                                 colonAtEnd, // indexName of DescribeIndex
	"iot securityprofile":                       colonAtEnd, // securityProfileName of CreateSecurityProfile
	"iot thing":                                 colonAtEnd, // thingName of CreateThing
	"iot thinggroup":                            colonAtEnd, // thingGroupName of CreateThingGroup
	"iot thingtype":                             colonAtEnd, // thingTypeName of CreateThingType
	"iot topic":                                 freeAtEnd,  // topics are free: "MQTT topics", AWS IoT Core Developer Guide
	"iot topicfilter":                           freeAtEnd,
	"iot tunnel":                                colonAtEnd, // tunnelId of DescribeTunnel
	"iotfleetwise campaign":                     colonAtEnd, // name of CreateCampaign
	"iotfleetwise decodermanifest":              colonAtEnd, // name of CreateDecoderManifest
	"iotfleetwise fleet":                        colonAtEnd, // fleetId of CreateFleet
	"iotfleetwise modelmanifest":                colonAtEnd, // name of CreateModelManifest
	"iotfleetwise signalcatalog":                colonAtEnd, // name of CreateSignalCatalog
	"iotfleetwise statetemplate":                colonAtEnd, // name of CreateStateTemplate
	"iotfleetwise vehicle":                      colonAtEnd, // vehicleName of CreateVehicle
	"iotmanagedintegrations managed-thing":      colonAtEnd, // Identifier of GetManagedThing
	"iottwinmaker componentType":                colonAtEnd, // componentTypeId of CreateComponentType
	"iottwinmaker entity":                       colonAtEnd, // entityId of CreateEntity
	"kafka cluster":                             id,         // ClusterName of CreateCluster
	"kafka group":                               freeAtEnd,
	"kafka transactional-id":                    freeAtEnd,
	"kafka-cluster group":                       freeAtEnd, // Kafka's ids are free: "Authorization policy resources", Amazon MSK Developer Guide
	"kafka-cluster transactional-id":            freeAtEnd,
	"kinesis stream":                            id,         // StreamName of CreateStream
	"kms alias":                                 colonAtEnd, // AliasName of CreateAlias
	"kms key":                                   id,         // KeyId of DescribeKey
	"lambda function":                           id,         // FunctionName of CreateFunction
	"lambda networkConnector":                   colonAtEnd, // "NAME:VERSION": NetworkConnectorArn
	"logs log-stream":                           freeAtEnd,  // logStreamName of CreateLogStream
	"mediaconvert JobTemplate":                  freeAtEnd,  // names are free: Name of CreateJobTemplate
	"mediaconvert Preset":                       freeAtEnd,
	"mediaconvert Queue":                        freeAtEnd,
	"mgh migrationTask":                         free, // MigrationTaskName of ImportMigrationTask
	"mgh progressUpdateStream":                  free,
	"quicksight group":                          freeAtEnd,  // GroupName of CreateGroup
	"quicksight user":                           freeAtEnd,  // UserName of RegisterUser
	"rds cluster":                               id,         // DBClusterIdentifier of CreateDBCluster
	"rds cluster-snapshot":                      colonAtEnd, // automated ones are "rds:NAME-DATE": "Working with ARNs", Amazon RDS User Guide
	"rds db":                                    id,         // DBInstanceIdentifier of CreateDBInstance
	"rds global-cluster":                        colonAtEnd, // GlobalClusterIdentifier of CreateGlobalCluster
	"rds og":                                    colonAtEnd, // "default:mysql-8-0": "Working with option groups", Amazon RDS User Guide
	"rds snapshot":                              colonAtEnd,
	"redshift cluster":                          id,         // ClusterIdentifier of CreateCluster
	"redshift snapshot":                         colonAtEnd, // automated ones are "rs:NAME-DATE": "Amazon Redshift snapshots"
	"redshift-serverless managed-workgroup":     colonAtEnd, // managedWorkgroupName of ListManagedWorkgroups
	"route53 hostedzone":                        id,         // Id of HostedZone
	"s3 accesspointobject":                      freeAtEnd,
	"s3 bucket":                                 id,        // "General purpose bucket naming rules", Amazon S3 User Guide
	"s3 object":                                 freeAtEnd, // keys are free: "Naming Amazon S3 objects"
	"s3-outposts object":                        freeAtEnd,
	"sagemaker endpoint":                        id,         // EndpointName of CreateEndpoint
	"sagemaker notebook-instance":               id,         // NotebookInstanceName of CreateNotebookInstance
	"ses identity":                              freeAtEnd,  // EmailIdentity of CreateEmailIdentity, Amazon SES API v2 Reference
	"sns topic":                                 id,         // Name of CreateTopic
	"sqs queue":                                 id,         // QueueName of CreateQueue
	"ssm managed-instance":                      colonAtEnd, // "eks_c:CLUSTER_ID": InstanceId of UpdateManagedInstanceRole
	"states activity":                           id,         // name of CreateActivity
	"states statemachine":                       id,         // name of CreateStateMachine
	"storagegateway target":                     colonAtEnd, // "iqn.1997-05.com.amazon:NAME": TargetARN of DescribeChapCredentials
	"swf domain":                                freeAtEnd,  // name of RegisterDomain
	"timestream scheduled-query":                freeAtEnd,  // Name of CreateScheduledQuery
}

// bans are what the last name of an ARN, and those before it, must not hold in each pass.
var bans = [...][colon + 1]struct{ before, last string }{
	plain:      {{"/:*?", "/:*?"}, {":*?", ":*?"}, {":*?", ":*?"}},
	colonAtEnd: {{"/:*?", "/:*?"}, {":*?", ":*?"}, {":*?", "*?"}},
	colons:     {{"/:*?", "/:*?"}, {":*?", ":*?"}, {"*?", "*?"}},
	freeAtEnd:  {{"/:*?", "/:"}, {":*?", ":"}, {":*?", ""}},
	free:       {{"/:", "/:"}, {":", ":"}, {"", ""}},
	id:         {{"/:*?", "/:*?"}, {"/:*?", "/:*?"}, {"/:*?", "/:*?"}},
}

// namesOf says what the names of a type may hold. Resources of EC2 that have an id, and
// no name, are told by AWS's own word for it: "Resource IDs", Amazon EC2 User Guide.
func namesOf(service, key string, p pattern) names {
	if n := unusual[service+" "+key]; n != plain {
		return n
	}
	if p.service() == "ec2" && strings.HasSuffix(p.text, "Id}") {
		return id
	}
	return plain
}
