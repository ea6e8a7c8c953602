// Package world is the ground the simulated cloud stands on: one clock that can be moved, one lock, one seeded source
// of chance, the schedule of things to come, switches, faults and the request log.
//
// It knows nothing of Microsoft and speaks no HTTP of its own. Start with [New]; every other package of the simulator
// takes the *World it returns.
package world
