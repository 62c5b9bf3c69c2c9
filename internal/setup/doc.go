// Package setup brings the data model of port-iam into Port: blueprints, actions,
// the automation, and entities to begin with.
//
// [Compare] reads what is there and makes a [Plan], which can be shown and
// applied. What a customer has made of it stays: setup adds what is missing and
// never removes anything. Titles, descriptions, icons, required properties,
// approval, inputs and values of enums are the customer's once they exist. Of an
// existing action only the message that it writes to Kafka is port-iam's own, as
// the daemon reads it; fields that a customer added to it stay too.
//
// What cannot be brought together without overwriting something is a conflict:
// then nothing is changed at all.
//
// The documents themselves are in package templates. This package knows neither
// settings nor AWS.
package setup
