// Package standin holds what the stand-ins for AWS and Port have in common: the
// trouble that calls meet ([Faults]), the check that they did meet it ([MustMeet]),
// the record of the calls ([Calls]) and the functions that are told of them
// ([Hooks]). What a call is, and what it does, is left to the stand-ins. All zero
// values are ready for use, and all types are safe for concurrent use.
package standin
