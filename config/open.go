package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"keyturn/problem"
)

// readFile reads a configuration file, or as much of it as shows that it is too large. A pipe to which nobody writes is empty:
// it isn't waited for.
func readFile(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, unreadable(path, "", err)
	}
	defer func() { _ = file.Close() }() // nothing was written
	text, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, unreadable(path, "", err)
	}
	return text, nil
}

// unreadable is the problem of a configuration file that can't be read; who is how it was named, "" = it wasn't.
func unreadable(path, who string, why error) error {
	message, fix := "the configuration file can't be read: "+cause(why).Error(), "name another with --config or KEYTURN_CONFIG"
	switch {
	case errors.Is(why, fs.ErrNotExist):
		message, fix = "there is no such file", "correct the name; keyturn init --out FILE writes a new one"
	case errors.Is(why, fs.ErrPermission):
		message, fix = "this user may not read the configuration file", "grant it, or run Keyturn as a user who may"
	case errors.Is(why, syscall.EMFILE):
		message, fix = "the configuration file can't be read: "+problem.TooManyFiles, problem.FixTooManyFiles
	case errors.Is(why, syscall.EISDIR):
		message, fix = "the configuration is a folder", "name the file in it, such as keyturn.yaml"
	}
	if who != "" {
		message += ", " + who
	}
	found := problem.NeedsPerson("config.unreadable", path, message, fix)
	found.Err = why
	return found
}
