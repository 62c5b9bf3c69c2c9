package porttest

import "fmt"

// GuideModel adds the data model of Port's guide to IAM permissions, with the fields
// that the guide does not have: three blueprints, two actions and the automation that Port starts when a grant's
// time is over.
func (s *Server) GuideModel() {
	s.AddBlueprint(`{"identifier":"aws_resource","title":"AWS Resource","schema":{"properties":{
		"arn":{"type":"string"},"account":{"type":"string"},"tags":{"type":"array"},"resource_type":{"type":"string","enum":["S3","EC2"]}},"required":["resource_type"]},
		"relations":{"related":{"target":"aws_resource","required":false,"many":true}}}`)
	s.AddBlueprint(`{"identifier":"iam_permissions","title":"IAM Permissions","schema":{"properties":{
		"resource_type":{"type":"string","enum":["S3","EC2"]},"actions":{"type":"array","items":{"type":"string"}},
		"max_duration":{"type":"string"},"needs_approval":{"type":"boolean"},"description":{"type":"string"}},"required":["resource_type"]},"relations":{}}`)
	s.AddBlueprint(`{"identifier":"provisioned_permissions","title":"Provisioned Permissions","schema":{"properties":{
		"requester":{"type":"string","format":"user"},"iam_policy":{"type":"object"},"sign_in_url":{"type":"string","format":"url"},
		"policy_arn":{"type":"string"},"role_arn":{"type":"string"},"account":{"type":"string"},"console_url":{"type":"string","format":"url"},"aws_profile":{"type":"string"},"expiry_time":{"type":"string","format":"timer"}},"required":[]},
		"relations":{"permissions":{"target":"iam_permissions","required":false,"many":true},
		"aws_resource":{"target":"aws_resource","required":false,"many":false}}}`)
	s.AddAction(`{"identifier":"request_permissions","title":"Request permissions","trigger":{"type":"self-service","operation":"DAY-2",
		"blueprintIdentifier":"aws_resource","userInputs":{"properties":{"permissions":{"type":"array"},"duration":{"type":"string"},
		"reason":{"type":"string"}},"required":["permissions"]}},"invocationMethod":{"type":"KAFKA"},"requiredApproval":false}`)
	s.AddAction(`{"identifier":"revoke_permissions","title":"Revoke permissions","trigger":{"type":"self-service","operation":"DELETE",
		"blueprintIdentifier":"provisioned_permissions","userInputs":{"properties":{},"required":[]}},"invocationMethod":{"type":"KAFKA"},"requiredApproval":false}`)
	s.AddAction(`{"identifier":"revoke_expired_permissions","title":"Revoke expired permissions","trigger":{"type":"automation",
		"event":{"type":"TIMER_PROPERTY_EXPIRED","blueprintIdentifier":"provisioned_permissions","propertyIdentifier":"expiry_time"}},
		"invocationMethod":{"type":"KAFKA"},"publish":true}`)
}

// Samples that GuideSamples adds.
const (
	SampleBucket = "arn:aws:s3:::my-s3-bucket"
	// SampleInstance wants the account in place of %s.
	SampleInstance = "arn:aws:ec2:us-east-1:%s:instance/i-0123456789abcdef0"
)

// GuideSamples adds a bucket, an instance of the account, and permissions for
// both.
func (s *Server) GuideSamples(account string) {
	entity := func(blueprint, id, kind string) {
		s.AddEntity(blueprint, fmt.Sprintf(`{"identifier":%q,"properties":{"resource_type":%q}}`, id, kind))
	}
	entity("aws_resource", SampleBucket, "S3")
	entity("aws_resource", fmt.Sprintf(SampleInstance, account), "EC2")
	for _, p := range []string{"s3:PutObject", "s3:GetObject", "s3:ListBucket"} {
		entity("iam_permissions", p, "S3")
	}
	for _, p := range []string{"ec2:StopInstances", "ec2:StartInstances"} {
		entity("iam_permissions", p, "EC2")
	}
}
