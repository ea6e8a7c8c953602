//go:build !unix

package seed_test

import (
	"testing"
	"time"
)

var started = time.Now()

// spent is the time since this process started, where the system doesn't tell what it used of it.
func spent(t *testing.T) time.Duration {
	t.Helper()
	return time.Since(started)
}
