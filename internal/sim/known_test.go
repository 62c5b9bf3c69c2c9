package sim

// What is known to be broken and therefore left out of the schedules. Each of
// these becomes true when it is mended.
const (
	// A call to AWS that is never answered must not hold a sweep up for ever.
	endlessCalls = true
	// Of a grant in whose way a foreign role stands, the policy must not remain.
	foreignInTheWay = true
)
