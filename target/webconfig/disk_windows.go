package webconfig

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// open lets others read the file meanwhile, and replace it: without the latter ReplaceFile couldn't. A folder is opened
// too, so that it can be called what it is.
func open(path string) (*os.File, error) {
	handle, err := openFor(path, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), path), nil
}

// shareAll is for who neither reads nor writes.
const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE

func openFor(path string, access, share uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	handle, err := windows.CreateFile(name, access, share, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return 0, told(&os.PathError{Op: "open", Path: path, Err: err})
	}
	return handle, nil
}

// meanings are what this system's numbers say in the words of [causes].
var meanings = map[syscall.Errno]error{
	windows.ERROR_SHARING_VIOLATION:            errBusy,
	windows.ERROR_LOCK_VIOLATION:               errBusy,
	windows.ERROR_USER_MAPPED_FILE:             errBusy,
	windows.ERROR_UNABLE_TO_REMOVE_REPLACED:    errBusy,
	windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT:   errBusy,
	windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT_2: errBusy,
	windows.ERROR_DISK_FULL:                    syscall.ENOSPC,
	windows.ERROR_HANDLE_DISK_FULL:             syscall.ENOSPC,
	windows.ERROR_DISK_QUOTA_EXCEEDED:          syscall.EDQUOT,
	windows.ERROR_WRITE_PROTECT:                syscall.EROFS,
}

// told adds what the system's number means.
func told(err error) error {
	var number syscall.Errno
	if !errors.As(err, &number) || meanings[number] == nil {
		return err
	}
	return fmt.Errorf("%w: %w", meanings[number], err)
}

// hold keeps other Keyturns away from the file by a lock on a byte that no file has, and sees that it has no other names.
// Its own handle keeps writers away while it is open.
// Source: https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex (read 2026-11-26).
func hold(file *os.File, path string) error {
	handle := windows.Handle(file.Fd())
	beyond := windows.Overlapped{OffsetHigh: 1 << 30}
	if err := windows.LockFileEx(handle, windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &beyond); err != nil {
		return told(err)
	}
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(handle, &info); err != nil {
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

// mayWrite asks for the rights that a change needs, and uses none of them. The right to write attributes stands for the
// right to write, which our own handle doesn't share.
func mayWrite(path string) error {
	if err := mayReplace(path); err != nil {
		return err
	}
	file, err := openFor(path, windows.DELETE|windows.FILE_WRITE_ATTRIBUTES, shareAll)
	if err != nil {
		return err
	}
	folder, err := openFor(filepath.Dir(path), windows.FILE_WRITE_DATA, shareAll) // of a folder: to add files
	if err == nil {
		err = windows.CloseHandle(folder)
	}
	return errors.Join(err, windows.CloseHandle(file))
}

// mayReplace reports a file that is marked as read-only, which ReplaceFile refuses. Such a mark on a folder means nothing.
// Source: https://learn.microsoft.com/dotnet/api/system.io.file.replace, Exceptions (read 2026-11-26).
func mayReplace(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	marks, err := windows.GetFileAttributes(name)
	if err == nil && marks&windows.FILE_ATTRIBUTE_READONLY != 0 {
		err = errFixed
	}
	return err
}

// swap puts fresh in the place of path in one step.
func swap(fresh, path string, there bool) error {
	if !there {
		return told(os.Rename(fresh, path))
	}
	return swapBy(replace, fresh, path)
}

// swapBy goes on where the system stopped half-way, with the old file gone and the new one not yet in its place.
func swapBy(replace func(path, fresh string) error, fresh, path string) error {
	err := replace(path, fresh)
	if errors.Is(err, windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT) || errors.Is(err, windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT_2) {
		err = os.Rename(fresh, path)
	}
	return told(err)
}

var replaceFile = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReplaceFileW")

// replace gives fresh the name of path with its access control list, attributes, streams and time of creation.
// Source: https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-replacefilew (read 2026-11-26).
func replace(path, fresh string) error {
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
		return &os.PathError{Op: "replace", Path: path, Err: err}
	}
	return nil
}
