//go:build !race

package seed_test

const slowdown = 1
