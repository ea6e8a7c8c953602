//go:build !linux && !darwin && !windows

package sqlite

// remoteKind knows nothing on this system: every folder counts as local.
func remoteKind(string) (string, error) { return "", nil }
