package webconfig

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// copyAttributes copies extended attributes, which hold access control lists and security labels. A file system without
// any has nothing to copy.
func copyAttributes(fresh, file *os.File) error {
	size, err := unix.Flistxattr(int(file.Fd()), nil)
	if errors.Is(err, unix.ENOTSUP) || size == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	names := make([]byte, size)
	if size, err = unix.Flistxattr(int(file.Fd()), names); err != nil {
		return err
	}
	for name := range bytes.SplitSeq(bytes.TrimRight(names[:size], "\x00"), []byte{0}) {
		if err := copyAttribute(fresh, file, string(name)); err != nil {
			return err
		}
	}
	return nil
}

func copyAttribute(fresh, file *os.File, name string) error {
	size, err := unix.Fgetxattr(int(file.Fd()), name, nil)
	if err != nil {
		return err
	}
	value := make([]byte, size)
	if size, err = unix.Fgetxattr(int(file.Fd()), name, value); err != nil {
		return err
	}
	there := make([]byte, len(value)+1)
	if n, err := unix.Fgetxattr(int(fresh.Fd()), name, there); err == nil && bytes.Equal(there[:n], value[:size]) {
		return nil // such as a label that every file of the folder has and only the system may set
	}
	return unix.Fsetxattr(int(fresh.Fd()), name, value[:size], 0)
}

// mayReplace reports whether a new file could take the place of the one at path, as far as that is known beforehand: rights
// to write don't tell it. What this file system doesn't tell shows when tried.
func mayReplace(path string) error {
	for _, each := range []string{path, filepath.Dir(path)} {
		var told unix.Statx_t
		if unix.Statx(unix.AT_FDCWD, each, 0, unix.STATX_SIZE, &told) != nil {
			continue
		}
		if err := fixed(told.Attributes, each == path); err != nil {
			return &os.PathError{Op: "replace", Path: each, Err: err}
		}
	}
	return room(path)
}

// fixed is why a file, or a folder with a file in it, can't be given anew.
func fixed(attributes uint64, isFile bool) error {
	switch {
	case attributes&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0:
		return errFixed
	case isFile && attributes&unix.STATX_ATTR_MOUNT_ROOT != 0:
		return errMounted
	}
	return nil
}

// room reports a disk that has no place for the new file beside the old one.
func room(path string) error {
	var disk unix.Statfs_t
	info, err := os.Stat(path)
	if err != nil || unix.Statfs(path, &disk) != nil || disk.Blocks == 0 || disk.Bsize <= 0 {
		return nil //nolint:nilerr // it shows when tried
	}
	if blocks := uint64(info.Size())/uint64(disk.Bsize) + 1; disk.Bavail < blocks {
		return &os.PathError{Op: "replace", Path: path, Err: unix.ENOSPC}
	}
	return nil
}
