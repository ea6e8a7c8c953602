//go:build linux || darwin

package sqlite

import (
	"os"
	"syscall"
)

// lock takes the file's kernel lock, which ends when the file is closed or its process dies, and reports whether it was
// free. Source: flock(2), https://man7.org/linux/man-pages/man2/flock.2.html, read 2026-11-23.
func lock(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
