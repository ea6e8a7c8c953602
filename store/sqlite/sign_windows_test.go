package sqlite

import (
	"os"
	"testing"

	"golang.org/x/sys/windows"
)

// suspend lets a process stand still.
func suspend(t *testing.T, process *os.Process) {
	t.Helper()
	handle, err := windows.OpenProcess(windows.PROCESS_SUSPEND_RESUME, false, uint32(process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(handle)
	if status, _, _ := windows.NewLazySystemDLL("ntdll.dll").NewProc("NtSuspendProcess").Call(uintptr(handle)); status != 0 {
		t.Fatalf("NtSuspendProcess says %x", status)
	}
}
