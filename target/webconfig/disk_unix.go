//go:build unix

package webconfig

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

func open(path string) (*os.File, error) { return os.Open(path) }

// told has nothing to add: this system's numbers are those of [causes].
func told(err error) error { return err }

// hold keeps other processes that ask for a lock away from the file, and sees that path still leads to it. One that holds
// a lock already is waited for by trying again later.
func hold(file *os.File, path string) error {
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return errBusy
	}
	held, err := file.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(held, now) {
		return errMoved
	}
	if known, ok := held.Sys().(*syscall.Stat_t); ok && known.Nlink > 1 {
		return errLinked
	}
	return mayWrite(path)
}

// mayWrite reports whether this user may write the file: renaming needs the folder alone, yet a file that may not be
// written isn't replaced behind its back.
func mayWrite(path string) error {
	if err := mayReplace(path); err != nil {
		return err
	}
	for _, each := range []string{path, filepath.Dir(path)} {
		if err := unix.Faccessat(unix.AT_FDCWD, each, unix.W_OK, unix.AT_EACCESS); err != nil {
			return &os.PathError{Op: "write", Path: each, Err: err}
		}
	}
	return nil
}

// mayKeep reports whether a new file could be given the owner and group of file, which only its owner and root may do.
func mayKeep(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	known, ok := info.Sys().(*syscall.Stat_t)
	switch me := os.Geteuid(); {
	case !ok || me == 0:
		return nil
	case int64(me) != int64(known.Uid):
		return errOwner
	}
	groups, err := os.Getgroups()
	if err != nil || int64(known.Gid) == int64(os.Getegid()) || slices.Contains(groups, int(known.Gid)) {
		return nil // what can't be read shows when tried
	}
	return errOwner
}

// alike gives fresh the owner, group, permissions and attributes of file.
func alike(fresh, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if known, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := fresh.Chown(int(known.Uid), int(known.Gid)); err != nil {
			return errors.Join(errOwner, err)
		}
	}
	if err := copyAttributes(fresh, file); err != nil {
		return errors.Join(errOwner, err)
	}
	return fresh.Chmod(info.Mode())
}

// swap gives fresh the name path and sees the change of the folder safe on the disk.
func swap(fresh, path string, _ bool) error {
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil //nolint:nilerr // the file has its name; a folder that may not be read can't be synced
	}
	defer func() { _ = folder.Close() }() // nothing was written
	_ = folder.Sync()                     // some file systems can't, and lose nothing but the newest name in a power cut
	return nil
}
