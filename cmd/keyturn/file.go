package main

import (
	"errors"
	"io/fs"
	"os"

	"keyturn/problem"
)

// writeFile writes what a command makes into a file that only its owner may read, in place of one that is there.
func writeFile(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// unwritable is the problem of a file that can't be made or written.
func unwritable(path string, err error) error {
	why := err
	var failed *fs.PathError
	if errors.As(err, &failed) {
		why = failed.Err // the path is the problem's subject
	}
	told := problem.NeedsPerson("file.unwritable", path, "it can't be written: "+why.Error(), "choose another with --out, or grant yourself its folder")
	told.Err = err
	return told
}
