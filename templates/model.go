package templates

// Names in the model. What reads or writes entities in Port uses them.
const (
	BlueprintResource   = "aws_resource"
	BlueprintPermission = "iam_permissions"
	BlueprintGrant      = "provisioned_permissions"

	PropertyResourceType = "resource_type" // of a resource, and of a permission
	PropertyARN          = "arn"           // of a resource
	PropertyAccount      = "account"       // of a resource, and of a grant
	RelationRelated      = "related"       // of a resource

	PropertyActions       = "actions" // this and what follows: of a permission
	PropertyMaxDuration   = "max_duration"
	PropertyNeedsApproval = "needs_approval"
	PropertyDescription   = "description"

	PropertyRequester  = "requester" // this and what follows: of a grant
	PropertyPolicy     = "iam_policy"
	PropertySignInURL  = "sign_in_url"
	PropertyPolicyARN  = "policy_arn"
	PropertyRoleARN    = "role_arn"
	PropertyExpiryTime = "expiry_time"
	PropertyConsoleURL = "console_url"
	PropertyProfile    = "aws_profile"

	RelationPermissions = "permissions"
	RelationResource    = "aws_resource"

	// FormatTimer is the one format that something depends on: Port starts the
	// automation at the time that such a property holds.
	FormatTimer = "timer"
)

// Blueprint is a kind of entities in Port, with what port-iam knows of it.
// Customers may add more.
type Blueprint struct {
	ID, Title, Icon, Meaning string
	Properties, Relations    []Field
	Required                 []string // properties that a new blueprint requires
}

// Field is a property or a relation: one row of the model.
type Field struct {
	Name, Title string
	Meaning     string // a sentence; Port shows it for a property
	// Use says who fills it and who reads it. It is "" where the daemon does neither:
	// then it may be of any type.
	Use string

	Type, Format, Items string   // of a property; Items is the type in an array
	Formats             []string // others that take what the daemon writes
	ResourceTypes       bool     // its values are the types of resources
	Target              string   // of a relation: the blueprint that it leads to
	Many                bool     // it leads to any number of entities

	// Optional: the daemon works where the blueprint lacks it.
	Optional bool
	// Sometimes: not every entity that the daemon writes has it, so Port must not
	// require it.
	Sometimes bool
}

// Model lists the blueprints, each after those that its relations lead to. Nothing
// else spells them: setup installs this list, check compares Port with it, and the
// table in docs/install.md shows it.
func Model() []Blueprint {
	const (
		youFill     = "you fill it; Port's form and the daemon read it"
		fills       = "you fill it; the daemon reads it"
		daemonFills = "the daemon fills it"
		operator    = daemonFills + "; `port-iam grants` reads it"
		sweep       = daemonFills + "; the sweep and `port-iam grants` read it"
		timer       = daemonFills + " unless the grant lasts until it is revoked; Port starts the automation at that time"
	)
	return []Blueprint{{
		ID: BlueprintResource, Title: "AWS Resource", Icon: "AWS", Required: []string{PropertyResourceType},
		Meaning: "An AWS resource that people may request access to. The identifier is its ARN, or the property arn is",
		Properties: []Field{
			{Name: PropertyResourceType, Title: "Resource Type", Type: "string", ResourceTypes: true, Use: youFill, Meaning: "Port offers permissions of the same type for it"},
			{Name: PropertyARN, Title: "ARN", Type: "string", Optional: true, Use: fills, Meaning: "Its ARN, where the identifier is none. Identifiers in Port hold no blanks and few other signs"},
			{Name: PropertyAccount, Title: "AWS Account", Type: "string", Optional: true, Use: fills, Meaning: "The AWS account, 12 digits, where the ARN names none (a bucket, a hosted zone) and the daemon serves several"},
			{Name: "tags", Title: "Tags", Type: "array", Items: "object", Optional: true, Meaning: "The tags of the resource, for people"},
		},
		Relations: []Field{
			{Name: RelationRelated, Title: "Related", Target: BlueprintResource, Many: true, Optional: true, Use: fills, Meaning: "Resources that belong to it, such as its key: permissions that act on them are granted on them"},
		},
	}, {
		ID: BlueprintPermission, Title: "IAM Permissions", Icon: "Lock", Required: []string{PropertyResourceType},
		Meaning: "An IAM action that people may request, or a bundle of them. The identifier is the action, such as s3:PutObject, or the name of the bundle",
		Properties: []Field{
			{Name: PropertyResourceType, Title: "Resource Type", Type: "string", ResourceTypes: true, Use: youFill, Meaning: "Port offers it for resources of the same type"},
			{Name: PropertyActions, Title: "Actions", Type: "array", Items: "string", Optional: true, Use: fills, Meaning: "The IAM actions of a bundle, such as s3:GetObject, without wildcards. Empty where the identifier is the action"},
			{Name: PropertyMaxDuration, Title: "Longest Duration", Type: "string", Optional: true, Use: fills, Meaning: "The longest duration of access with it, such as 2h. Empty: as long as the settings of the daemon allow"},
			{Name: PropertyNeedsApproval, Title: "Needs Approval", Type: "boolean", Optional: true, Use: fills, Meaning: "Whether another person has to approve a request for it. The action in Port has to require approval"},
			{Name: PropertyDescription, Title: "Description", Type: "string", Optional: true, Meaning: "What it is good for, for people. setup fills it for the bundles that it brings"},
		},
	}, {
		ID: BlueprintGrant, Title: "Provisioned Permissions", Icon: "Lock",
		Meaning: "Access that was granted and has not ended: who may do what on which resource, and until when",
		Properties: []Field{
			{Name: PropertyRequester, Title: "Requester", Type: "string", Format: "user", Formats: []string{"email", "idn-email"}, Use: operator, Meaning: "Who requested the access and may use it"},
			{Name: PropertyPolicy, Title: "IAM Policy", Type: "object", Use: daemonFills, Meaning: "What the access allows"},
			{Name: PropertySignInURL, Title: "Sign-in URL", Type: "string", Format: "url", Sometimes: true, Use: operator, Meaning: "Switches the AWS console to the role of this access"},
			{Name: PropertyPolicyARN, Title: "Policy ARN", Type: "string", Use: daemonFills, Meaning: "The policy in IAM"},
			{Name: PropertyRoleARN, Title: "Role ARN", Type: "string", Use: sweep, Meaning: "The role in IAM"},
			{Name: PropertyAccount, Title: "AWS Account", Type: "string", Optional: true, Use: daemonFills, Meaning: "The AWS account of the role"},
			{Name: PropertyExpiryTime, Title: "Expiry Time", Type: "string", Format: FormatTimer, Sometimes: true, Use: timer, Meaning: "When the access ends. Changing it here changes nothing in AWS"},
			{Name: PropertyConsoleURL, Title: "Console", Type: "string", Format: "url", Optional: true, Sometimes: true, Use: daemonFills, Meaning: "The page of the resource in the AWS console, for after the switch of role"},
			{Name: PropertyProfile, Title: "AWS CLI Profile", Type: "string", Optional: true, Use: daemonFills, Meaning: "A profile for the configuration file of the AWS CLI"},
		},
		Relations: []Field{
			{Name: RelationPermissions, Title: "Permissions", Target: BlueprintPermission, Many: true, Use: operator, Meaning: "The permissions that were requested"},
			{Name: RelationResource, Title: "AWS Resource", Target: BlueprintResource, Use: operator, Meaning: "The resource that the access is for"},
		},
	}}
}
