package catalogue

// wafCompanions are about AWS WAF, which also checks the action of the protected resource's
// own service, and about AWS WAF Classic, the API before it.
var wafCompanions = []companion{
	protects("wafv2:AssociateWebACL", "elasticloadbalancing:CreateWebACLAssociation", "load balancer", albOfWAF),
	protects("wafv2:DisassociateWebACL", "elasticloadbalancing:DeleteWebACLAssociation", "load balancer", albOfWAF),
	protects("wafv2:AssociateWebACL", "appsync:AssociateWebACL", "API", apiOfWAF),
	protects("wafv2:DisassociateWebACL", "appsync:DisassociateWebACL", "API", apiOfWAF),
	protects("wafv2:AssociateWebACL", "amplify:AssociateWebACL", "app", "amplify:*:*:apps/*"),
	protects("wafv2:DisassociateWebACL", "amplify:DisassociateWebACL", "app", "amplify:*:*:apps/*"),
	protects("wafv2:AssociateWebACL", "apprunner:AssociateWebAcl", "service", "apprunner:*:*:service/*/*"),
	protects("wafv2:DisassociateWebACL", "apprunner:DisassociateWebAcl", "service", "apprunner:*:*:service/*/*"),
	protects("wafv2:AssociateWebACL", "cognito-idp:AssociateWebACL", "user pool", "cognito-idp:*:*:userpool/*"),
	protects("wafv2:DisassociateWebACL", "cognito-idp:DisassociateWebACL", "user pool", "cognito-idp:*:*:userpool/*"),
	protects("wafv2:AssociateWebACL", "ec2:AssociateVerifiedAccessInstanceWebAcl", "instance", "ec2:*:*:verified-access-instance/*"),
	protects("wafv2:DisassociateWebACL", "ec2:DisassociateVerifiedAccessInstanceWebAcl", "instance", "ec2:*:*:verified-access-instance/*"),
	protects("wafv2:AssociateWebACL", "bedrock-agentcore:GatewayAssociateWebACL", "gateway", "bedrock-agentcore:*:*:gateway/*"),
	protects("wafv2:DisassociateWebACL", "bedrock-agentcore:GatewayDisassociateWebACL", "gateway", "bedrock-agentcore:*:*:gateway/*"),
	{
		asked: []string{"wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"}, on: []string{"apigateway:*::/restapis/*", "apigateway:*::/restapis/*/stages", "apigateway:*::/restapis/*/stages/*"}, unless: []string{"apigateway:SetWebACL"}, does: refuse,
		text: "AWS WAF also checks apigateway:SetWebACL on the stage, which is refused unless the operator allows it: ask for both",
		page: rightsOfWAF,
	},
	{
		asked: []string{"wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"}, on: []string{albOfWAF}, does: warn,
		text: "AWS's reference also names the older elasticloadbalancing:SetWebAcl, which AWS allows on all resources only: ask an operator if AWS denies the call",
		page: rightsOfWAF,
	},
	{
		asked: []string{"wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"}, on: []string{apiOfWAF}, does: warn,
		text: "AWS's reference also names the older appsync:SetWebACL, which AWS allows on all resources only: ask an operator if AWS denies the call",
		page: rightsOfWAF,
	},
	{
		asked: []string{
			"waf:CreateWebACL", "waf:Create*Group", "waf:Create*Rule", "waf:Create*Set", "waf:DeleteWebACL", "waf:Delete*Group", "waf:Delete*Rule", "waf:Delete*Set",
			"waf:UpdateWebACL", "waf:Update*Group", "waf:Update*Rule", "waf:Update*Set",
		}, does: refuse,
		text: "each call names a change token, which takes waf:GetChangeToken, and AWS allows that on all resources only: use AWS WAF and its actions of wafv2 instead, since AWS is ending AWS WAF Classic",
		page: "GetChangeToken, AWS WAF Classic API Reference, and Actions, resources, and condition keys for AWS WAF",
	},
	{
		asked: []string{
			"waf-regional:CreateWebACL", "waf-regional:Create*Group", "waf-regional:Create*Rule", "waf-regional:Create*Set",
			"waf-regional:DeleteWebACL", "waf-regional:Delete*Group", "waf-regional:Delete*Rule", "waf-regional:Delete*Set",
			"waf-regional:UpdateWebACL", "waf-regional:Update*Group", "waf-regional:Update*Rule", "waf-regional:Update*Set",
		}, does: refuse,
		text: "each call names a change token, which takes waf-regional:GetChangeToken, and AWS allows that on all resources only: use AWS WAF and its actions of wafv2 instead, since AWS is ending AWS WAF Classic",
		page: "GetChangeToken, AWS WAF Classic API Reference, and Actions, resources, and condition keys for AWS WAF Regional",
	},
}

const (
	albOfWAF = "elasticloadbalancing:*:*:loadbalancer/app/*/*"
	apiOfWAF = "appsync:*:*:apis/*"

	rightsOfWAF = `"How AWS WAF works with IAM" (actions that require additional permissions settings), AWS WAF Developer Guide, and Actions, resources, and condition keys for AWS WAF V2 (dependent actions) and for Amazon Bedrock AgentCore`
)

// protects is a row about an action of AWS WAF on a resource of this shape, whose service
// has an action of its own for it.
func protects(action, own, what, on string) companion {
	return companion{
		asked: []string{action}, on: []string{on}, unless: []string{own}, does: refuse, page: rightsOfWAF,
		text: "AWS WAF also checks " + own + " on the " + what + ": ask for both",
	}
}
