package sqlite

import (
	"os"

	"golang.org/x/sys/windows"
)

// lock locks the file's first byte, which ends when the file is closed or its process dies, and reports whether it was
// free. Source: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex, read 2026-11-26.
func lock(file *os.File) bool {
	const at = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(file.Fd()), at, 0, 1, 0, new(windows.Overlapped)) == nil
}
