//go:build !race

package sim

// defaultSeeds is how many schedules are played where nothing else is said.
const defaultSeeds = 300

const raceDetector = false
