package server

// Claim is for the tests.
var Claim = claim
