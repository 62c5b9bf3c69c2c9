package iamops_test

import (
	"testing"

	"port-iam/iamops/iamtest"
	"port-iam/test/kit/mototest"
)

// TestContractFake holds our own imitation of AWS, and the operations on it, to
// the contract.
func TestContractFake(t *testing.T) {
	t.Parallel()
	testContract(t, func(t *testing.T) *world { return newFake(t, iamtest.Options{}) })
}

// TestContractFakeEntered does so in an account that the daemon enters.
func TestContractFakeEntered(t *testing.T) {
	t.Parallel()
	testContract(t, func(t *testing.T) *world { return newFakeEntered(t) })
}

// TestContractMoto does the same with an imitation that is not our own, so
// that the two do not merely agree on one misunderstanding.
func TestContractMoto(t *testing.T) {
	t.Parallel()
	moto := mototest.Start(t)
	testContract(t, func(t *testing.T) *world { return newMoto(t, moto) })
}

// TestContractMotoEntered does so in an account of moto that the daemon enters.
func TestContractMotoEntered(t *testing.T) {
	t.Parallel()
	moto := mototest.Start(t)
	testContract(t, func(t *testing.T) *world { return newMotoEntered(t, moto) })
}

// testContract is what every AWS and every operation of ours has to keep. The
// worlds that newWorld returns may be one server that is emptied in between, so
// nothing here runs in parallel.
func testContract(t *testing.T, newWorld func(t *testing.T) *world) {
	t.Run("codes", func(t *testing.T) { testCodes(t, newWorld) })
	t.Run("answers", func(t *testing.T) { testAnswers(t, newWorld) })
	t.Run("pages", func(t *testing.T) { testPages(t, newWorld) })
	t.Run("differences", func(t *testing.T) { testDifferences(t, newWorld) })
	t.Run("principal", func(t *testing.T) { testPrincipal(t, newWorld) })
	t.Run("repeat", func(t *testing.T) { testRepeat(t, newWorld) })
	t.Run("adopt", func(t *testing.T) { testAdopt(t, newWorld) })
	t.Run("encoding", func(t *testing.T) { testEncoding(t, newWorld) })
	t.Run("verify", func(t *testing.T) { testVerifyPart(t, newWorld) })
	t.Run("boundary", func(t *testing.T) { testBoundary(t, newWorld) })
	t.Run("look", func(t *testing.T) { testLook(t, newWorld) })
	t.Run("cut", func(t *testing.T) { testCut(t, newWorld) })
	t.Run("remove", func(t *testing.T) { testRemove(t, newWorld) })
	t.Run("identity", func(t *testing.T) { testIdentity(t, newWorld) })
	t.Run("foreign", func(t *testing.T) { testForeign(t, newWorld) })
}
