//go:build race

package seed_test

// slowdown is what the race detector costs at most.
const slowdown = 15
