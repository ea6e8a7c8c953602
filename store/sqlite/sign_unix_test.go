//go:build linux || darwin

package sqlite

import (
	"os"
	"syscall"
	"testing"
)

// suspend lets a process stand still.
func suspend(t *testing.T, process *os.Process) {
	t.Helper()
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}
