package webconfig

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// open lets others read the file meanwhile, and replace it: without the latter ReplaceFile couldn't.
func open(path string) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	handle, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: told(err)}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// told names the errors of a file that others use.
func told(err error) error {
	for _, busy := range []error{
		windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION, windows.ERROR_USER_MAPPED_FILE,
		windows.ERROR_UNABLE_TO_REMOVE_REPLACED, windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT, windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT_2,
	} {
		if errors.Is(err, busy) {
			return errBusy
		}
	}
	return err
}

// hold sees that the file has no other names. Its own handle keeps writers away while it is open.
func hold(file *os.File, path string) error {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info); err != nil {
		return err
	}
	if info.NumberOfLinks > 1 {
		return errLinked
	}
	if info.FileAttributes&windows.FILE_ATTRIBUTE_READONLY != 0 {
		return &os.PathError{Op: "write", Path: path, Err: windows.ERROR_ACCESS_DENIED}
	}
	return nil
}

// mayWrite can't be told beforehand here: what an access control list allows shows when it is tried.
func mayWrite(string) error { return errUntold }

// mayKeep is as good as true: ReplaceFile keeps all of it.
func mayKeep(*os.File) error { return nil }

// alike has nothing to do: ReplaceFile gives the new file the old one's access control list, attributes and streams, and
// a copy beside it inherits the folder's.
func alike(_, _ *os.File) error { return nil }

var replaceFile = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReplaceFileW")

// swap puts fresh in the place of path in one step.
// Source: https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-replacefilew (read 2026-11-25).
func swap(fresh, path string, there bool) error {
	if !there {
		return told(os.Rename(fresh, path))
	}
	to, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	from, err := windows.UTF16PtrFromString(fresh)
	if err != nil {
		return err
	}
	done, _, err := replaceFile.Call(uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(from)), 0, 0, 0, 0)
	if done == 0 {
		return &os.PathError{Op: "replace", Path: path, Err: told(err)}
	}
	return nil
}
