// Package setup compares the data model in Port with the one that port-iam needs,
// and brings it into Port: blueprints, actions, the automation, and entities to
// begin with.
//
// [Compare] reads what Port has and makes a [Plan]. `port-iam setup` shows it and
// applies it. `port-iam check` only asks, by [Judge], which of the differences keep
// a daemon from working, and by [OpenAction] and [OpenBlueprint] what everybody may
// do: both know one model.
//
// What a customer has changed stays: setup adds what is missing. Titles,
// descriptions, icons, required properties, approval, inputs and values of enums are
// the customer's once they exist; of types of resources those are added that the
// entities of this run have. Of an existing action only the message to Kafka is
// port-iam's own, without the fields that a customer added; inputs and publish are
// added if they are missing, approval if it is asked for.
//
// The one thing that setup takes away, and only where [Teams] are named, is the role
// that everybody has, out of who may execute an action or approve its runs.
//
// What cannot be brought together without overwriting something is a conflict:
// then setup changes nothing at all.
//
// The model itself, its rows and its documents, is in package templates. This
// package reads no settings, though its advice names some, and does not know AWS.
package setup
