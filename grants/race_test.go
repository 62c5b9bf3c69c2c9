//go:build race

package grants_test

const raceDetector = true
