package webconfig

import (
	"errors"
	"os"
)

// Spoil makes the next filling of a file write half and fail with err.
func (t *Target) Spoil(err error) {
	t.disk.fill = func(file *os.File, text []byte) error {
		t.disk.fill = fill
		_, _ = file.Write(text[:len(text)/2])
		return err
	}
}

// Unname makes the next swap lose the old file and leave the new one where it was made.
func (t *Target) Unname(err error) {
	t.disk.swap = func(_, path string, _ bool) error {
		t.disk.swap = swap
		return errors.Join(err, os.Rename(path, path+".gone"))
	}
}
