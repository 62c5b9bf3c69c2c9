// Package catalogue knows every IAM action of AWS and the resource types that it
// acts on, and works out from that which resources a grant must name: exactly
// the requested actions, on one resource, and nothing outside it.
//
// Start at [Open] and [Catalogue.Scope]. The rules, in order:
//
//   - An action is on the entity's ARN itself if it acts on that type of resource
//     (s3:ListBucket on a bucket).
//   - Else it is on everything of one type inside the entity, if AWS names that
//     type by extending the entity's ARN at "/" or ":" (s3:PutObject on a bucket
//     is on "BUCKET/*").
//   - Else it is refused, and with it the whole request.
//
// Whatever the table says, each resource that comes out is the entity's ARN, or
// that ARN followed by "/" or ":" and more. So a mistake in the table can make a
// grant useless, but never let it reach another resource.
//
// AWS's documentation is known to be off in a few places; overrides.go corrects
// those. What is never granted, and why, is in denied.go; what changes who has
// access and therefore needs the operator's word, in sharing.go.
//
// The package does not write policies, does not know who asks or for how long,
// and never calls AWS. The table is embedded, compressed; a service is unpacked
// when it is first asked for. Package internal/tools/catalogue makes the table.
package catalogue
