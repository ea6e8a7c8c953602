//go:build unix && !linux

package webconfig

import "os"

// copyAttributes has nothing to do where IIS doesn't run and access goes by owner and permissions.
func copyAttributes(_, _ *os.File) error { return nil }

// mayReplace has nothing to look at: it shows when tried.
func mayReplace(string) error { return nil }
