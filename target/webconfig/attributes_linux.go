package webconfig

import (
	"bytes"
	"errors"
	"os"

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
