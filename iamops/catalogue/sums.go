package catalogue

// AWS's reference calls a resource type of an action required if each call is checked
// on it. The asterisk is also put where one of several types is enough, and is missing
// where the words beside it say otherwise. These tables correct it; each row names the
// page that says so. What is in none of them goes by the asterisk.

// madeByCall marks a need for a resource that the call makes: another one than any
// that exists, so that no grant on existing resources meets it.
const madeByCall = "+"

// sums say what each call of an action is checked on: a resource of each need, where
// "|" stands between types of which one is enough. The first row that fits counts.
var sums = []struct {
	actions string // pattern
	needs   []string
	page    string
}{
	// Amazon EC2.
	{"ec2:RunInstances", []string{"image", "+instance", "+network-interface", "security-group", "subnet"}, `"Example policies to control access to the Amazon EC2 API": launch instances (RunInstances)`},
	{"ec2:CreateImage", []string{"instance", "+image", "+snapshot"}, `"Actions, resources, and condition keys for Amazon EC2"`},
	{"ec2:CreateSnapshots", []string{"instance", "volume", "+snapshot"}, `"Example policies to control access to the Amazon EC2 API": work with snapshots`},
	{"ec2:CopyImage", []string{"image", "+image", "+snapshot"}, `CopyImage, Amazon EC2 API Reference`},
	{"ec2:CopySnapshot", []string{"snapshot", "+snapshot"}, `CopySnapshot, Amazon EC2 API Reference`},
	{"ec2:DetachVolume", []string{"volume", "instance"}, `"Example policies to control access to the Amazon EC2 API": work with volumes`},
	{"ec2:AssociateAddress", []string{"elastic-ip", "instance|network-interface"}, `AssociateAddress, Amazon EC2 API Reference`},
	{"ec2:DisassociateAddress", []string{"elastic-ip"}, `AssociationId and PublicIp of DisassociateAddress, Amazon EC2 API Reference: each call names an address`},
	{"ec2:AssociateRouteTable", []string{"route-table", "subnet|internet-gateway|vpn-gateway"}, `AssociateRouteTable, Amazon EC2 API Reference`},
	{"ec2:DisassociateRouteTable", []string{"route-table|" + tableOf}, `"Actions, resources, and condition keys for Amazon EC2": each is optional`},
	{"ec2:ReplaceRouteTableAssociation", []string{"route-table", tableOf}, `AssociationId and RouteTableId of ReplaceRouteTableAssociation, Amazon EC2 API Reference`},
	{"ec2:EnableTransitGatewayRouteTablePropagation", []string{"transit-gateway-route-table", "transit-gateway-attachment|transit-gateway-route-table-announcement"}, `EnableTransitGatewayRouteTablePropagation, Amazon EC2 API Reference`},
	{"ec2:DisableTransitGatewayRouteTablePropagation", []string{"transit-gateway-route-table", "transit-gateway-attachment|transit-gateway-route-table-announcement"}, `DisableTransitGatewayRouteTablePropagation, Amazon EC2 API Reference`},
	{"ec2:DeregisterTransitGatewayMulticastGroupMembers", []string{"transit-gateway-multicast-domain", "network-interface"}, `DeregisterTransitGatewayMulticastGroupMembers, Amazon EC2 API Reference`},
	{"ec2:DeregisterTransitGatewayMulticastGroupSources", []string{"transit-gateway-multicast-domain", "network-interface"}, `DeregisterTransitGatewayMulticastGroupSources, Amazon EC2 API Reference`},
	{"ec2:AcceptTransitGatewayMulticastDomainAssociations", []string{"transit-gateway-multicast-domain", "transit-gateway-attachment"}, `AcceptTransitGatewayMulticastDomainAssociations, Amazon EC2 API Reference`},
	{"ec2:RejectTransitGatewayMulticastDomainAssociations", []string{"transit-gateway-multicast-domain", "transit-gateway-attachment"}, `RejectTransitGatewayMulticastDomainAssociations, Amazon EC2 API Reference`},
	{"ec2:DisassociateSecurityGroupVpc", []string{"security-group", "vpc"}, `GroupId and VpcId of DisassociateSecurityGroupVpc, Amazon EC2 API Reference`},
	{"ec2:CreateNatGateway", []string{"subnet", "+natgateway"}, `CreateNatGateway, Amazon EC2 API Reference`},
	{"ec2:CreateSecurityGroup", []string{"vpc", "+security-group"}, `"Example policies to control access to the Amazon EC2 API": work with security groups`},
	{"ec2:AssociateClientVpnTargetNetwork", []string{"client-vpn-endpoint", "subnet"}, `SubnetId of AssociateClientVpnTargetNetwork, Amazon EC2 API Reference`},
	{"ec2:CreateClientVpnRoute", []string{"client-vpn-endpoint", "subnet"}, `TargetVpcSubnetId of CreateClientVpnRoute, Amazon EC2 API Reference`},
	{"ec2:CreateFlowLogs", []string{"vpc|subnet|network-interface|transit-gateway|transit-gateway-attachment|natgateway", "+vpc-flow-log"}, `ResourceIds of CreateFlowLogs, Amazon EC2 API Reference`},
	{"ec2:ImportInstance", []string{"+instance", "+volume"}, `ImportInstance, Amazon EC2 API Reference`},
	{"ec2:ImportImage", []string{"+image", "+import-image-task"}, `ImportImage, Amazon EC2 API Reference`},
	{"ec2:ImportSnapshot", []string{"+snapshot", "+import-snapshot-task"}, `ImportSnapshot, Amazon EC2 API Reference`},
	{"ec2:AllocateAddress", []string{"+elastic-ip"}, `AllocateAddress, Amazon EC2 API Reference`},
	{"ec2:ExportImage", []string{"image", "+export-image-task"}, `ExportImage, Amazon EC2 API Reference`},
	{"ec2:CreateInstanceExportTask", []string{"instance", "+export-instance-task"}, `CreateInstanceExportTask, Amazon EC2 API Reference`},
	{"ec2:AllocateHosts", []string{"+dedicated-host"}, `AllocateHosts, Amazon EC2 API Reference`},
	{"ec2:CopyFpgaImage", []string{"fpga-image", "+fpga-image"}, `CopyFpgaImage, Amazon EC2 API Reference`},
	{"ec2:CopyVolumes", []string{"volume", "+volume"}, `CopyVolumes, Amazon EC2 API Reference`},
	{"ec2:CreateCapacityReservationBySplitting", []string{"capacity-reservation", "+capacity-reservation"}, `CreateCapacityReservationBySplitting, Amazon EC2 API Reference`},
	{"ec2:CreateDelegateMacVolumeOwnershipTask", []string{"instance", "+mac-modification-task"}, `CreateDelegateMacVolumeOwnershipTask, Amazon EC2 API Reference`},
	{"ec2:CreateMacSystemIntegrityProtectionModificationTask", []string{"instance", "+mac-modification-task"}, `CreateMacSystemIntegrityProtectionModificationTask, Amazon EC2 API Reference`},
	{"ec2:CreateManagedPrefixList", []string{"+prefix-list"}, `CreateManagedPrefixList, Amazon EC2 API Reference`},
	{"ec2:CreatePublicIpv4Pool", []string{"+ipv4pool-ec2"}, `CreatePublicIpv4Pool, Amazon EC2 API Reference`},
	{"ec2:CreateRestoreImageTask", []string{"+image"}, `CreateRestoreImageTask, Amazon EC2 API Reference`},
	{"ec2:CreateTransitGatewayConnect", []string{"transit-gateway-attachment", "+transit-gateway-attachment"}, `CreateTransitGatewayConnect, Amazon EC2 API Reference`},
	{"ec2:CreateTransitGatewayPeeringAttachment", []string{"transit-gateway", "+transit-gateway-attachment"}, `CreateTransitGatewayPeeringAttachment, Amazon EC2 API Reference`},
	{"ec2:CreateTransitGatewayVpcAttachment", []string{"transit-gateway", "vpc", "subnet", "+transit-gateway-attachment"}, `CreateTransitGatewayVpcAttachment, Amazon EC2 API Reference`},
	{"ec2:CreateVpcEndpointServiceConfiguration", []string{"+vpc-endpoint-service"}, `CreateVpcEndpointServiceConfiguration, Amazon EC2 API Reference`},
	{"ec2:ImportVolume", []string{"+volume"}, `ImportVolume, Amazon EC2 API Reference`},
	{"ec2:PurchaseCapacityBlock", []string{"+capacity-reservation"}, `PurchaseCapacityBlock, Amazon EC2 API Reference`},
	{"ec2:RegisterImage", []string{"+image"}, `RegisterImage, Amazon EC2 API Reference`},
	{"ec2:RequestSpotFleet", []string{"+spot-fleet-request"}, `RequestSpotFleet, Amazon EC2 API Reference`},
	{"ec2:RequestSpotInstances", []string{"+spot-instances-request"}, `RequestSpotInstances, Amazon EC2 API Reference`},
	{"ec2:StartNetworkInsightsAccessScopeAnalysis", []string{"network-insights-access-scope", "+network-insights-access-scope-analysis"}, `StartNetworkInsightsAccessScopeAnalysis, Amazon EC2 API Reference`},
	{"ec2:StartNetworkInsightsAnalysis", []string{"network-insights-path", "+network-insights-analysis"}, `StartNetworkInsightsAnalysis, Amazon EC2 API Reference`},
	{"ebs:StartSnapshot", []string{"+snapshot"}, `StartSnapshot, Amazon EBS API Reference`},
	{"autoscaling:CreateAutoScalingGroup", []string{"+autoScalingGroup"}, scalingID},
	{"autoscaling:CreateLaunchConfiguration", []string{"+launchConfiguration"}, scalingID},
	// Databases.
	{"rds:CreateDBInstance", []string{"db", "og", "pg", "subgrp"}, `"Identity-based policy examples for Amazon RDS", Amazon RDS User Guide: allow a user to create DB instances`},
	{"rds:CreateDBInstanceReadReplica", []string{"db|cluster", "+db"}, `CreateDBInstanceReadReplica, Amazon RDS API Reference`},
	{"rds:CopyDBSnapshot", []string{"snapshot", "+snapshot"}, `CopyDBSnapshot, Amazon RDS API Reference`},
	{"rds:CopyDBClusterSnapshot", []string{"cluster-snapshot", "+cluster-snapshot"}, `CopyDBClusterSnapshot, Amazon RDS API Reference`},
	{"rds:CopyDBParameterGroup", []string{"pg", "+pg"}, `CopyDBParameterGroup, Amazon RDS API Reference`},
	{"rds:CopyDBClusterParameterGroup", []string{"cluster-pg", "+cluster-pg"}, `CopyDBClusterParameterGroup, Amazon RDS API Reference`},
	{"rds:CopyOptionGroup", []string{"og", "+og"}, `CopyOptionGroup, Amazon RDS API Reference`},
	{"rds:RestoreDBInstanceToPointInTime", []string{"db|auto-backup", "+db", "og", "pg", "subgrp"}, `RestoreDBInstanceToPointInTime, Amazon RDS API Reference`},
	{"rds:RestoreDBInstanceFromDBSnapshot", []string{"snapshot|cluster-snapshot", "+db", "og", "pg", "subgrp"}, `RestoreDBInstanceFromDBSnapshot, Amazon RDS API Reference`},
	{"rds:RestoreDBClusterFromSnapshot", []string{"cluster-snapshot|snapshot", "+cluster", "cluster-pg", "og", "subgrp"}, `RestoreDBClusterFromSnapshot, Amazon RDS API Reference`},
	{"rds:RestoreDBClusterToPointInTime", []string{"cluster|cluster-auto-backup", "+cluster", "cluster-pg", "og", "subgrp"}, `RestoreDBClusterToPointInTime, Amazon RDS API Reference`},
	{"rds:DeleteDBCluster", []string{"cluster"}, `FinalDBSnapshotIdentifier of DeleteDBCluster, Amazon RDS API Reference: the snapshot only where one is named`},
	{"rds:CreateBlueGreenDeployment", []string{"db|cluster", "+deployment"}, `CreateBlueGreenDeployment, Amazon RDS API Reference`},
	{"rds:RegisterDBProxyTargets", []string{"target-group", "db|cluster"}, `RegisterDBProxyTargets, Amazon RDS API Reference`},
	{"rds:DeregisterDBProxyTargets", []string{"target-group", "proxy", "db|cluster"}, `DeregisterDBProxyTargets, Amazon RDS API Reference`},
	{"rds:CopyCustomDBEngineVersion", []string{"cev", "+cev"}, `"Actions, resources, and condition keys for Amazon RDS"`},
	{"docdb-elastic:CopyClusterSnapshot", []string{"cluster-snapshot", "+cluster-snapshot"}, `CopyClusterSnapshot, Amazon DocumentDB API Reference`},
	{"docdb-elastic:RestoreClusterFromSnapshot", []string{"cluster-snapshot", "+cluster"}, `RestoreClusterFromSnapshot, Amazon DocumentDB API Reference`},
	{"neptune-graph:RestoreGraphFromSnapshot", []string{"graph-snapshot", "+graph"}, `RestoreGraphFromSnapshot, Neptune Analytics API Reference`},
	{"neptune-graph:StartImportTask", []string{"graph", "+import-task"}, `StartImportTask, Neptune Analytics API Reference`},
	{"neptune-graph:StartExportTask", []string{"graph", "+export-task"}, `StartExportTask, Neptune Analytics API Reference`},
	{"neptune-graph:CreateGraphUsingImportTask", []string{"+graph", "+import-task"}, `CreateGraphUsingImportTask, Neptune Analytics API Reference`},
	{"pi:CreatePerformanceAnalysisReport", []string{"+perf-reports-resource"}, `AnalysisReportId of CreatePerformanceAnalysisReport, Amazon RDS Performance Insights API Reference`},
	{"dynamodb:RestoreTableFromBackup", []string{"backup", "+table"}, `RestoreTableFromBackup, Amazon DynamoDB API Reference`},
	{"dynamodb:RestoreTableToPointInTime", []string{"table", "+table"}, `RestoreTableToPointInTime, Amazon DynamoDB API Reference`},
	{"redshift:CreateClusterSnapshot", []string{"cluster", "snapshot"}, `CreateClusterSnapshot, Amazon Redshift API Reference`},
	{"redshift:CopyClusterSnapshot", []string{"snapshot", "+snapshot"}, `CopyClusterSnapshot, Amazon Redshift API Reference`},
	{"elasticache:Connect", []string{"user", "replicationgroup|serverlesscache"}, `"Authenticating with IAM", Amazon ElastiCache User Guide`},
	{"elasticache:CopySnapshot", []string{"snapshot", "+snapshot"}, `CopySnapshot, Amazon ElastiCache API Reference`},
	{"elasticache:CopyServerlessCacheSnapshot", []string{"serverlesscachesnapshot", "+serverlesscachesnapshot"}, `CopyServerlessCacheSnapshot, Amazon ElastiCache API Reference`},
	{"memorydb:CopySnapshot", []string{"snapshot", "+snapshot"}, `CopySnapshot, Amazon MemoryDB API Reference`},
	{"elasticache:CreateSnapshot", []string{"cluster|replicationgroup", "snapshot"}, `CreateSnapshot, Amazon ElastiCache API Reference`},
	{"glue:GetResourcePolicy", []string{"rootcatalog"}, `"Actions, resources, and condition keys for AWS Glue"`},
	{"glue:DeleteResourcePolicy", []string{"rootcatalog"}, `"Actions, resources, and condition keys for AWS Glue"`},
	{"sqlworkbench:CreateSavedQuery", []string{"+query"}, `"Actions, resources, and condition keys for AWS SQL Workbench"`},
	{"sqlworkbench:ImportNotebook", []string{"+notebook"}, `"Actions, resources, and condition keys for AWS SQL Workbench"`},
	{"fsx:CopyBackup", []string{"backup", "+backup"}, `CopyBackup, Amazon FSx API Reference`},
	// Containers and compute.
	{"ecs:RegisterTaskDefinition", []string{"+task-definition"}, `RegisterTaskDefinition, Amazon ECS API Reference: the next revision of the family`},
	{"ecs:RegisterDaemonTaskDefinition", []string{"+daemon-task-definition"}, `RegisterDaemonTaskDefinition, Amazon ECS API Reference: the next revision of the family`},
	{"batch:SubmitJob", []string{"job-definition|job-definition-revision", "job-queue"}, `SubmitJob, AWS Batch API Reference`},
	{"ssm:SendCommand", []string{"document|document of AWS", "instance|managed-instance"}, `"Setting up Run Command", AWS Systems Manager User Guide`},
	{"ssm:StartAutomationExecution", []string{"document|document of AWS", "+automation-execution"}, `StartAutomationExecution, AWS Systems Manager API Reference`},
	{"ssm:StartChangeRequestExecution", []string{"document|document of AWS", "+automation-execution"}, `StartChangeRequestExecution, AWS Systems Manager API Reference`},
	{"ssm:StartSession", []string{"instance|managed-instance|task"}, `"Sample IAM policies for Session Manager", AWS Systems Manager User Guide`},
	{"cloudtrail:CreateServiceLinkedChannel", []string{"+channel"}, `"Actions, resources, and condition keys for AWS CloudTrail"`},
	{"imagebuilder:CreateComponent", []string{"+component"}, `componentBuildVersionArn of CreateComponent, EC2 Image Builder API Reference: the next build`},
	{"imagebuilder:ImportComponent", []string{"+component"}, `componentBuildVersionArn of ImportComponent, EC2 Image Builder API Reference: the next build`},
	{"imagebuilder:CreateImage", []string{"+image"}, `imageBuildVersionArn of CreateImage, EC2 Image Builder API Reference: the next build`},
	{"imagebuilder:CreateWorkflow", []string{"+workflow"}, `workflowBuildVersionArn of CreateWorkflow, EC2 Image Builder API Reference: the next build`},
	{"fis:StartExperiment", []string{"experiment-template", "+experiment"}, `StartExperiment, AWS Fault Injection Service API Reference`},
	{"tnb:CreateSolFunctionPackage", []string{"+function-package"}, `id of CreateSolFunctionPackage, AWS Telco Network Builder API Reference`},
	{"tnb:CreateSolNetworkPackage", []string{"+network-package"}, `id of CreateSolNetworkPackage, AWS Telco Network Builder API Reference`},
	{"workspaces:CreateRootClientCertificate", []string{"+certificateid"}, `"Actions, resources, and condition keys for Amazon WorkSpaces"`},
	// Web and messaging.
	{"wafv2:AssociateWebACL", []string{"webacl", wafResources}, `AssociateWebACL, AWS WAFV2 API Reference`},
	{"wafv2:GetWebACLForResource", []string{"webacl", wafResources}, `GetWebACLForResource, AWS WAFV2 API Reference`},
	{"ses:CreateTenantResourceAssociation", []string{"tenant", "configuration-set|identity|template"}, `CreateTenantResourceAssociation, Amazon SES API v2 Reference`},
	{"ses:DeleteTenantResourceAssociation", []string{"tenant", "configuration-set|identity|template"}, `DeleteTenantResourceAssociation, Amazon SES API v2 Reference`},
	{"connect:UpdatePhoneNumber", []string{"phone-number", "instance|traffic-distribution-group"}, `TargetArn of UpdatePhoneNumber, Amazon Connect API Reference`},
	{"connect:ClaimPhoneNumber", []string{"wildcard-phone-number", "instance|traffic-distribution-group"}, `TargetArn of ClaimPhoneNumber, Amazon Connect API Reference`},
	{"cloudfront:CopyDistribution", []string{"distribution", "+distribution"}, `CopyDistribution, Amazon CloudFront API Reference: takes CreateDistribution, too`},
	{"connect:CreateUserHierarchyGroup", []string{"+hierarchy-group"}, `HierarchyGroupId of CreateUserHierarchyGroup, Amazon Connect API Reference`},
	{"connect:StartAttachedFileUpload", []string{"+attached-file"}, `FileId of StartAttachedFileUpload, Amazon Connect API Reference`},
	{"vpc-lattice:CreateResourceConfiguration", []string{"+ResourceConfiguration"}, `id of CreateResourceConfiguration, Amazon VPC Lattice API Reference`},
	{"vpc-lattice:StartDomainVerification", []string{"+DomainVerification"}, `id of StartDomainVerification, Amazon VPC Lattice API Reference`},
	{"route53resolver:AssociateFirewallRuleGroup", []string{"+firewall-rule-group-association"}, `Id of FirewallRuleGroupAssociation, Amazon Route 53 Resolver API Reference`},
	{"ivs:ImportPlaybackKeyPair", []string{"+Playback-Key-Pair"}, `arn of PlaybackKeyPair, Amazon IVS API Reference`},
	{"ivs:ImportPublicKey", []string{"+Public-Key"}, `arn of PublicKey, Amazon IVS Real-Time Streaming API Reference`},
	{"kinesisvideo:CreateStream", []string{"+stream"}, `StreamARN of CreateStream, Amazon Kinesis Video Streams API Reference: it ends in the time of creation`},
	{"kinesisvideo:CreateSignalingChannel", []string{"+channel"}, `ChannelARN of CreateSignalingChannel, Amazon Kinesis Video Streams API Reference: it ends in the time of creation`},
	{"iotwireless:StartWirelessDeviceImportTask", []string{"+ImportTask"}, `Id of StartWirelessDeviceImportTask, AWS IoT Wireless API Reference`},
	{"geo:StartJob", []string{"+job"}, `"Actions, resources, and condition keys for Amazon Location"`},
	{"partnercentral:CreateResourceSnapshot", []string{"+ResourceSnapshot"}, partnerTask},
	{"partnercentral:StartEngagementByAcceptingInvitationTask", []string{"+engagement-by-accepting-invitation-task"}, partnerTask},
	{"partnercentral:StartEngagementFromOpportunityTask", []string{"+engagement-from-opportunity-task"}, partnerTask},
	{"partnercentral:StartOpportunityFromEngagementTask", []string{"+OpportunityFromEngagementTask"}, partnerTask},
	{"iotwireless:UpdateNetworkAnalyzerConfiguration", []string{"NetworkAnalyzerConfiguration"}, `WirelessDevicesToAdd of UpdateNetworkAnalyzerConfiguration, AWS IoT Wireless API Reference: only what is named`},
	{"clouddirectory:UpgradePublishedSchema", []string{"developmentSchema", "publishedSchema"}, `UpgradePublishedSchema, Amazon Cloud Directory API Reference`},
	{"iot:CreateJob", []string{"job", "thing|thinggroup"}, `targets of CreateJob, AWS IoT API Reference`},
	{"iot:AssociateTargetsWithJob", []string{"job", "thing|thinggroup"}, `targets of AssociateTargetsWithJob, AWS IoT API Reference`},
	{"iot:StartCommandExecution", []string{"command", "thing|client"}, `targetArn of StartCommandExecution, AWS IoT Jobs Data Plane API Reference`},
	{"iotfleetwise:CreateCampaign", []string{"campaign", "signalcatalog", "fleet|vehicle"}, `targetArn of CreateCampaign, AWS IoT FleetWise API Reference`},
	// Keys: an alias is another name of the key, which is what is checked.
	{"payment-cryptography:*Data", []string{"key"}, payKey},
	{"payment-cryptography:Generate*", []string{"key"}, payKey},
	{"payment-cryptography:Translate*", []string{"key"}, payKey},
	{"payment-cryptography:Verify*", []string{"key"}, payKey},
	{"payment-cryptography:*ReplicationRegions", []string{"key"}, `KeyIdentifier of AddKeyReplicationRegions, AWS Payment Cryptography Control Plane API Reference`},
	{"payment-cryptography:GetCertificateSigningRequest", []string{"key"}, `KeyIdentifier of GetCertificateSigningRequest, AWS Payment Cryptography Control Plane API Reference`},
	// Machine learning.
	{"bedrock:UpdateProvisionedModelThroughput", []string{"provisioned-model", "custom-model|foundation-model"}, `UpdateProvisionedModelThroughput, Amazon Bedrock API Reference`},
	{"bedrock:CreateInferenceProfile", []string{"foundation-model|inference-profile", "+application-inference-profile"}, `modelSource of CreateInferenceProfile, Amazon Bedrock API Reference`},
	{"comprehend:StartDocumentClassificationJob", []string{"+document-classification-job"}, comprehendJob},
	{"comprehend:StartDominantLanguageDetectionJob", []string{"+dominant-language-detection-job"}, comprehendJob},
	{"comprehend:StartEntitiesDetectionJob", []string{"+entities-detection-job"}, comprehendJob},
	{"comprehend:StartEventsDetectionJob", []string{"+events-detection-job"}, comprehendJob},
	{"comprehend:StartKeyPhrasesDetectionJob", []string{"+key-phrases-detection-job"}, comprehendJob},
	{"comprehend:StartPiiEntitiesDetectionJob", []string{"+pii-entities-detection-job"}, comprehendJob},
	{"comprehend:StartSentimentDetectionJob", []string{"+sentiment-detection-job"}, comprehendJob},
	{"comprehend:StartTargetedSentimentDetectionJob", []string{"+targeted-sentiment-detection-job"}, comprehendJob},
	{"comprehend:StartTopicsDetectionJob", []string{"+topics-detection-job"}, comprehendJob},
	{"lex:StartTestSetGeneration", []string{"+test set"}, `StartTestSetGeneration, Amazon Lex V2 API Reference`},
	{"lookoutvision:CreateModel", []string{"+model"}, `ModelVersion of ModelMetadata, Amazon Lookout for Vision API Reference: the next version`},
	{"lookoutequipment:ImportDataset", []string{"+dataset"}, `DatasetArn of ImportDataset, Amazon Lookout for Equipment API Reference`},
	{"omics:StartRun", []string{"+run"}, `id of StartRun, AWS HealthOmics API Reference`},
	{"omics:StartRunBatch", []string{"+runBatch", "+run"}, `"Actions, resources, and condition keys for AWS HealthOmics"`},
	{"sagemaker-geospatial:StartEarthObservationJob", []string{"+EarthObservationJob"}, `Arn of StartEarthObservationJob, Amazon SageMaker API Reference`},
	{"sagemaker-geospatial:StartVectorEnrichmentJob", []string{"+VectorEnrichmentJob"}, `Arn of StartVectorEnrichmentJob, Amazon SageMaker API Reference`},
	{"bedrock:InvokeDataAutomation*", []string{"data-automation-profile", "data-automation-project|blueprint"}, `InvokeDataAutomationAsync, Amazon Bedrock API Reference`},
}

// tableOf are types of what a route table is associated with.
const tableOf = "subnet|internet-gateway|vpn-gateway|ipv4pool-ec2|ipv6pool-ec2"

// scalingID: AWS puts an id into the ARN, before the name.
const scalingID = `"How Amazon EC2 Auto Scaling works with IAM", Amazon EC2 Auto Scaling User Guide`

const comprehendJob = `JobArn of StartEntitiesDetectionJob, Amazon Comprehend API Reference, and of its likes`

const partnerTask = `"Actions, resources, and condition keys for AWS Partner Central"`

const payKey = `KeyIdentifier of EncryptData, AWS Payment Cryptography Data Plane API Reference`

const wafResources = "agentcore-gateway|amplify-app|apigateway|apprunner|appsync|loadbalancer/app/|userpool|verified-access-instance"

// oneOf are actions that take one resource of any of their types.
type oneOf struct {
	actions string // pattern
	page    string
}

var single = []oneOf{
	{"*:*Tag*Resource*", taggedOne}, // TagResource, ListTagsForResource, RemoveTagsFromResource, …
	{"*:TagResource*", taggedOne},
	{"*:UntagResource*", taggedOne},
	{"*:ListTags*", taggedOne},
	{"*:AddTags*", taggedOne},
	{"*:RemoveTags*", taggedOne},
	{"*:*ResourcePolicy", `"Identity-based policies and resource-based policies", IAM User Guide: attached to one resource`},
	{"*:AllowVendedLogDeliveryForResource", `"Enable logging from AWS services", Amazon CloudWatch Logs User Guide: for one resource`},
	{"apigateway:GET", onePath},
	{"apigateway:POST", onePath},
	{"apigateway:PUT", onePath},
	{"apigateway:PATCH", onePath},
	{"apigateway:DELETE", onePath},
	{"bedrock:InvokeModel", `modelId of InvokeModel, Amazon Bedrock API Reference`},
	{"bedrock:InvokeModelWithResponseStream", `modelId of InvokeModelWithResponseStream, Amazon Bedrock API Reference`},
	{"arc-zonal-shift:*", `"Actions, resources, and condition keys for Amazon Application Recovery Controller - Zonal Shift": one load balancer`},
	{"drs:*", `"Actions, resources, and condition keys for AWS Elastic Disaster Recovery": an agent runs on one server`},
	{"redshift-data:*", `"Actions, resources, and condition keys for Amazon Redshift Data API": a cluster or a workgroup`},
	{"forecast:DeleteResourceTree", `ResourceArn of DeleteResourceTree, Amazon Forecast API Reference`},
	{"forecast:StopResource", `ResourceArn of StopResource, Amazon Forecast API Reference`},
	{"states:ListExecutions", `stateMachineArn or mapRunArn of ListExecutions, AWS Step Functions API Reference`},
	{"sagemaker:BatchGetMetrics", `ResourceArn of MetricQuery, Amazon SageMaker API Reference`},
	{"iotwireless:CreateNetworkAnalyzerConfiguration", `WirelessDevices of CreateNetworkAnalyzerConfiguration, AWS IoT Wireless API Reference: only what is named`},
	{"ses:ListResourceTenants", `ResourceArn of ListResourceTenants, Amazon SES API v2 Reference`},
	{"connect:GetCurrentUserData", `Filters of GetCurrentUserData, Amazon Connect API Reference`},
	{"connect:GetMetricDataV2", `Filters of GetMetricDataV2, Amazon Connect API Reference`},
	{"connect:GetCurrentMetricData", `Filters of GetCurrentMetricData, Amazon Connect API Reference`},
	{"elasticfilesystem:DescribeMountTargets", `DescribeMountTargets, Amazon EFS API Reference: of a file system or an access point`},
	// Two generations of Lex share the names: the second has no versions of its own.
	{"lex:DeleteBot*", `DeleteBot, Amazon Lex V2 API Reference`},
	{"lex:CreateBotVersion", `CreateBotVersion, Amazon Lex V2 API Reference`},
	{"lex:DeleteUtterances", `DeleteUtterances, Amazon Lex V2 API Reference`},
	{"lex:DeleteIntent", `DeleteIntent, Amazon Lex V2 API Reference`},
	{"lex:DeleteSlotType", `DeleteSlotType, Amazon Lex V2 API Reference`},
	// An index is queried on its own ARN.
	{"dynamodb:Query", `"Using IAM policy conditions for fine-grained access control", Amazon DynamoDB Developer Guide`},
	{"dynamodb:Scan", `"Using IAM policy conditions for fine-grained access control", Amazon DynamoDB Developer Guide`},
	{"dynamodb:PartiQLSelect", `"IAM security policies with PartiQL for DynamoDB", Amazon DynamoDB Developer Guide`},
	{"dynamodb:*ContributorInsights", `IndexName of UpdateContributorInsights, Amazon DynamoDB API Reference`},
	{"appsync:*GraphQL", `"Configuring authorization and authentication to secure your GraphQL APIs", AWS AppSync Developer Guide`},
}

const onePath = `"Control access to API Gateway with IAM policies", Amazon API Gateway Developer Guide: the path of the call`

const taggedOne = `"Controlling access to AWS resources using tags", IAM User Guide: one resource is tagged`

// choice is a family of types: where several of them are required, one is enough.
type choice struct {
	service string
	types   []string
	page    string
}

var choices = []choice{
	{"elasticloadbalancing", []string{"listener/app", "listener/gwy", "listener/net"}, `"Actions, resources, and condition keys for AWS Elastic Load Balancing V2": a listener is of one load balancer`},
	{"elasticloadbalancing", []string{"listener-rule/app", "listener-rule/net"}, `"Actions, resources, and condition keys for AWS Elastic Load Balancing V2": a rule is of one load balancer`},
	{"ssm", []string{"instance", "managed-instance"}, `"Actions, resources, and condition keys for AWS Systems Manager": a managed node is one or the other`},
	{"chime", []string{"app-instance-bot", "app-instance-user"}, `ChimeBearer, Amazon Chime SDK API Reference: an AppInstanceUser or an AppInstanceBot`},
	{"comprehend", []string{"document-classifier", "entity-recognizer"}, `ModelArn of CreateEndpoint, Amazon Comprehend API Reference`},
	{"comprehend", []string{"document-classifier-endpoint", "entity-recognizer-endpoint"}, `EndpointArn of UpdateEndpoint, Amazon Comprehend API Reference`},
	{"clouddirectory", []string{"appliedSchema", "developmentSchema", "publishedSchema"}, `SchemaArn of GetSchemaAsJson, Amazon Cloud Directory API Reference`},
	{"connect", []string{"aws-managed-view", "customer-managed-view", "qualified-aws-managed-view", "qualified-customer-managed-view"}, `ViewId of DescribeView, Amazon Connect API Reference`},
	{"connect", []string{"metric", "qualified-metric"}, `"Actions, resources, and condition keys for Amazon Connect"`},
	{"dataexchange", []string{"assets", "entitled-assets"}, `"Actions, resources, and condition keys for AWS Data Exchange": owned or entitled`},
	{"dataexchange", []string{"data-sets", "entitled-data-sets"}, `"Actions, resources, and condition keys for AWS Data Exchange": owned or entitled`},
	{"dataexchange", []string{"revisions", "entitled-revisions"}, `"Actions, resources, and condition keys for AWS Data Exchange": owned or entitled`},
	{"network-firewall", []string{"StatefulRuleGroup", "StatelessRuleGroup"}, `Type of DeleteRuleGroup, AWS Network Firewall API Reference`},
	{"states", []string{"execution", "express", "labelled execution", "labelled express"}, `executionArn of DescribeExecution, AWS Step Functions API Reference`},
	{"s3", []string{"accesspoint", "bucket", "multiregionaccesspoint"}, `"Configuring IAM policies for using access points", Amazon S3 User Guide: the one that the call names`},
	{"s3", []string{"accesspointobject", "object"}, `"Configuring IAM policies for using access points", Amazon S3 User Guide: the one that the call names`},
	{"bedrock", []string{"custom-model", "foundation-model", "default-prompt-router", "prompt-router", "imported-model", "inference-profile", "application-inference-profile"}, `"Supported foundation models", Amazon Bedrock User Guide: one model, however it is named`},
	{"bedrock", []string{"automated-reasoning-policy", "automated-reasoning-policy-version"}, `policyArn of GetAutomatedReasoningPolicy, Amazon Bedrock API Reference`},
	{"bedrock", []string{"prompt", "prompt-version"}, `promptIdentifier of GetPrompt, Amazon Bedrock API Reference`},
	{"bedrock-agentcore", []string{"browser", "browser-custom"}, `browserIdentifier of StartBrowserSession, Amazon Bedrock AgentCore API Reference`},
	{"bedrock-agentcore", []string{"code-interpreter", "code-interpreter-custom"}, `codeInterpreterIdentifier of StartCodeInterpreterSession, Amazon Bedrock AgentCore API Reference`},
	{"odb", []string{"cloud-autonomous-vm-cluster", "cloud-vm-cluster"}, `"Actions, resources, and condition keys for Oracle Database@AWS"`},
	{"glue", []string{"connection", "database"}, `ResourceArn of CreateIntegrationResourceProperty, AWS Glue Web API Reference: a connection or a database`},
}

// chosenID is a type of resources whose id the caller chooses as one would a name,
// although AWS's reference writes it as an id. A call that makes one is checked on it.
type chosenID struct{ of, page string }

var chosen = []chosenID{
	{"elasticache cluster", `CacheClusterId of CreateCacheCluster, Amazon ElastiCache API Reference`},
	{"elasticache replicationgroup", `ReplicationGroupId of CreateReplicationGroup, Amazon ElastiCache API Reference`},
	{"elasticache user", `UserId of CreateUser, Amazon ElastiCache API Reference`},
	{"elasticache usergroup", `UserGroupId of CreateUserGroup, Amazon ElastiCache API Reference`},
	{"forecast dataset", `DatasetName of CreateDataset, Amazon Forecast Developer Guide`},
	{"forecast datasetGroup", `DatasetGroupName of CreateDatasetGroup, Amazon Forecast Developer Guide`},
	{"glue session", `Id of CreateSession, AWS Glue Web API Reference`},
	{"glue usageProfile", `Name of CreateUsageProfile, AWS Glue Web API Reference`},
	{"iot command", `commandId of CreateCommand, AWS IoT API Reference`},
	{"iot job", `jobId of CreateJob, AWS IoT API Reference`},
	{"iot jobtemplate", `jobTemplateId of CreateJobTemplate, AWS IoT API Reference`},
	{"iot otaupdate", `otaUpdateId of CreateOTAUpdate, AWS IoT API Reference`},
	{"iot stream", `streamId of CreateStream, AWS IoT API Reference`},
	{"iotfleetwise fleet", `fleetId of CreateFleet, AWS IoT FleetWise API Reference`},
	{"iotfleetwise vehicle", `vehicleName of CreateVehicle, AWS IoT FleetWise API Reference`},
	{"machinelearning batchprediction", `BatchPredictionId of CreateBatchPrediction, Amazon Machine Learning API Reference`},
	{"machinelearning evaluation", `EvaluationId of CreateEvaluation, Amazon Machine Learning API Reference`},
	{"machinelearning mlmodel", `MLModelId of CreateMLModel, Amazon Machine Learning API Reference`},
	{"personalize datasetGroup", `name of CreateDatasetGroup, Amazon Personalize API Reference`},
	{"personalize schema", `name of CreateSchema, Amazon Personalize API Reference`},
	{"quicksight actionconnector", `ActionConnectorId of CreateActionConnector, Amazon QuickSight API Reference`},
	{"quicksight analysis", `AnalysisId of CreateAnalysis, Amazon QuickSight API Reference`},
	{"quicksight brand", `BrandId of CreateBrand, Amazon QuickSight API Reference`},
	{"quicksight custompermissions", `CustomPermissionsName of CreateCustomPermissions, Amazon QuickSight API Reference`},
	{"quicksight dashboard", `DashboardId of CreateDashboard, Amazon QuickSight API Reference`},
	{"quicksight dataset", `DataSetId of CreateDataSet, Amazon QuickSight API Reference`},
	{"quicksight datasource", `DataSourceId of CreateDataSource, Amazon QuickSight API Reference`},
	{"quicksight folder", `FolderId of CreateFolder, Amazon QuickSight API Reference`},
	{"quicksight group", `GroupName of CreateGroup, Amazon QuickSight API Reference`},
	{"quicksight ingestion", `IngestionId of CreateIngestion, Amazon QuickSight API Reference`},
	{"quicksight namespace", `Namespace of CreateNamespace, Amazon QuickSight API Reference`},
	{"quicksight refreshschedule", `ScheduleId of RefreshSchedule, Amazon QuickSight API Reference`},
	{"quicksight template", `TemplateId of CreateTemplate, Amazon QuickSight API Reference`},
	{"quicksight theme", `ThemeId of CreateTheme, Amazon QuickSight API Reference`},
	{"quicksight topic", `TopicId of CreateTopic, Amazon QuickSight API Reference`},
	{"redshift hsmclientcertificate", `HsmClientCertificateIdentifier of CreateHsmClientCertificate, Amazon Redshift API Reference`},
	{"redshift hsmconfiguration", `HsmConfigurationIdentifier of CreateHsmConfiguration, Amazon Redshift API Reference`},
	{"redshift snapshotschedule", `ScheduleIdentifier of CreateSnapshotSchedule, Amazon Redshift API Reference`},
	{"route53-recovery-readiness cell", `cellName of CreateCell, Recovery Readiness API Reference`},
	{"route53-recovery-readiness readinesscheck", `readinessCheckName of CreateReadinessCheck, Recovery Readiness API Reference`},
	{"route53-recovery-readiness recoverygroup", `recoveryGroupName of CreateRecoveryGroup, Recovery Readiness API Reference`},
	{"route53-recovery-readiness resourceset", `resourceSetName of CreateResourceSet, Recovery Readiness API Reference`},
}
