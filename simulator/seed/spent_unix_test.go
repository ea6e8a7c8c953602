//go:build unix

package seed_test

import (
	"syscall"
	"testing"
	"time"
)

// spent is the processor time that this process has used: other programs may keep the machine busy.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
