// Package templates holds the documents that port-iam writes into AWS: the
// permission policy and the trust policy of a grant.
//
// It also holds what an account needs before the first grant: the policy of the
// daemon, the permissions boundary and the policy of requesters. And what is
// installed in Port: [Model], the one list of blueprints with their properties and
// relations, and the documents of the actions, the automation and samples.
//
// The documents are Go templates that render to JSON. The built-in ones are
// embedded; an operator may replace either of them. This package knows nothing
// of the network, the clock or the environment: [Load] takes a file system and
// rendering takes [Data].
package templates
