//go:build !crashpoints

package main

// watched is the store that renewals are driven on; what the crash tests build in its place is in watched_crash.go.
func watched(kept memory) memory { return kept }
