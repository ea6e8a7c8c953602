//go:build !linux

package webconfig_test

import (
	"os"
	"path/filepath"
	"testing"

	"keyturn/target"
	"keyturn/target/webconfig"
)

// powerless takes the right to write from everybody.
func powerless(t *testing.T, made *webconfig.Target) target.Target {
	t.Helper()
	for _, each := range []string{made.Place().Resource, filepath.Dir(made.Place().Resource)} {
		if err := os.Chmod(each, 0o555); err != nil { //nolint:gosec // reading it is the point
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(made.Place().Resource), 0o755) })
	return made
}
