package webconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// largest is how large a web.config may be. IIS itself refuses one above 250 KB unless told otherwise.
const largest = 4 << 20

// backupName is the copy that a backup leaves beside the file. Its ending is one that IIS never hands out.
const backupName = "web.before-keyturn.config"

// disk is the file system, with the two steps that tests make fail.
type disk struct {
	fill func(file *os.File, text []byte) error           // writes all of text and sees it safe on the disk
	swap func(fresh, path string, there bool) (err error) // gives the file fresh the name path, in one step
}

func thisDisk() disk { return disk{fill: fill, swap: swap} }

func fill(file *os.File, text []byte) error {
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.Sync()
}

// read returns the file's bytes.
func (d disk) read(path string) ([]byte, error) {
	file, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	return readAll(file)
}

func readAll(file *os.File) ([]byte, error) {
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNoFile
	case info.Size() > largest:
		return nil, errLarge
	}
	return io.ReadAll(file)
}

// change edits a file and puts the outcome in its place: a new file beside it, safe on the disk, takes its name in one
// step, so that whoever reads sees the old file or the new one, whole. Owner, permissions and attributes stay. Where
// path is a symbolic link, the file that it leads to is changed. If anything fails the file is as it was.
func (d disk) change(path string, backup bool, edit func([]byte) ([]byte, error)) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	file, err := open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // read alone
	before, err := readHeld(file, path)
	if err != nil {
		return err
	}
	sweep(filepath.Dir(path))
	after, err := edit(before)
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	if backup {
		if err := d.place(file, before, filepath.Join(filepath.Dir(path), backupName), nil); err != nil {
			return fmt.Errorf("keep the file as it was: %w", err)
		}
	}
	return d.place(file, after, path, before)
}

// readHeld keeps others away from a file and returns its bytes.
func readHeld(file *os.File, path string) ([]byte, error) {
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errNoFile, err)
	}
	if err := hold(file, path); err != nil {
		return nil, err
	}
	return readAll(file)
}

// freshNames is what new files are called before they take their name; IIS never hands such out.
const freshNames = "web.*.keyturn.config"

// sweep removes what a process that was killed left behind. Whoever writes now holds the lock or has its file open.
func sweep(folder string) {
	left, err := filepath.Glob(filepath.Join(globbed(folder), freshNames))
	if err != nil {
		return
	}
	for _, name := range left {
		_ = os.Remove(name) // one that stays harms nobody, and is tried again
	}
}

// globbed writes a folder's name as a pattern of itself alone.
func globbed(folder string) string {
	if filepath.Separator == '\\' {
		return folder // the system has no way to write it; a name with brackets finds nothing
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// place puts text at path by way of a new file beside it that is like file. Where expected isn't nil, path must still
// hold that.
func (d disk) place(file *os.File, text []byte, path string, expected []byte) error {
	fresh, err := os.CreateTemp(filepath.Dir(path), freshNames)
	if err != nil {
		return err
	}
	err = errors.Join(alike(fresh, file), d.fill(fresh, text), fresh.Close())
	if err == nil && expected != nil {
		err = d.unmoved(path, expected)
	}
	if err != nil {
		_ = os.Remove(fresh.Name()) // what failed before says more
		return err
	}
	if err := d.swap(fresh.Name(), path, expected != nil); err != nil {
		return withdraw(fresh.Name(), path, expected != nil, err)
	}
	return nil
}

// withdraw removes a new file that didn't get its name, unless the old one can't be seen any more: then it may be all there is.
func withdraw(fresh, path string, there bool, why error) error {
	if _, err := os.Lstat(path); there && err != nil {
		return fmt.Errorf("%w as %s: %w", errNameless, filepath.Base(fresh), why)
	}
	_ = os.Remove(fresh) // what failed before says more
	return why
}

// unmoved sees that nobody changed the file while it was edited.
func (d disk) unmoved(path string, expected []byte) error {
	now, err := d.read(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, expected) {
		return errMoved
	}
	return nil
}
