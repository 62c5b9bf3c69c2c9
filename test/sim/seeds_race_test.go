//go:build race

package sim

const defaultSeeds = 60

const raceDetector = true
