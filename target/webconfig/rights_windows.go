package webconfig

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// mayKeep is as good as true: who makes a file may say who else may use it, and ReplaceFile keeps the rest.
func mayKeep(*os.File) error { return nil }

// alike gives fresh the access control list of file before anything is in it, since the folder's, which it inherits, may
// let more people read. A disk without such lists has nothing to give.
// Source: https://learn.microsoft.com/windows/win32/api/securitybaseapi/nf-securitybaseapi-setkernelobjectsecurity (read 2026-11-26).
func alike(fresh, file *os.File) error {
	list, err := windows.GetSecurityInfo(windows.Handle(file.Fd()), windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if errors.Is(err, windows.ERROR_INVALID_FUNCTION) || errors.Is(err, windows.ERROR_NOT_SUPPORTED) {
		return nil
	}
	if err != nil {
		return errors.Join(errOwner, err)
	}
	control, _, err := list.Control()
	if err != nil {
		return errors.Join(errOwner, err)
	}
	what := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION | windows.UNPROTECTED_DACL_SECURITY_INFORMATION)
	if control&windows.SE_DACL_PROTECTED != 0 { // it inherits nothing from its folder
		what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	}
	handle, err := openFor(fresh.Name(), windows.WRITE_DAC, shareAll)
	if err != nil {
		return errors.Join(errOwner, err)
	}
	err = errors.Join(windows.SetKernelObjectSecurity(handle, what, list), windows.CloseHandle(handle))
	if err != nil {
		return errors.Join(errOwner, err)
	}
	return nil
}
