// Package server runs, for a test, the servers that setup.sh in the directory
// above installs.
//
// It owns what such servers have in common: where they are installed, what
// happens when they are not, free ports, and a process that never outlives its
// test. It knows nothing of any particular server; that is what
// test/kit/kafkatest and test/kit/mototest are for.
//
// Start from [Dir] and [Start].
package server
