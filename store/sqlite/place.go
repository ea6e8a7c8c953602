package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"keyturn/problem"
)

// Codes of the problems of a store.
const (
	codeMissing = "store.missing" // there is no file
	codeFolder  = "store.folder"  // its folder can't be used
	codeNetwork = "store.network" // it would lie on a network file system
	codeForeign = "store.foreign" // the file is something else
	codeBehind  = "store.behind"  // an older release wrote it
	codeNewer   = "store.newer"   // a newer release wrote it
	codeBusy    = "store.busy"    // other processes kept it locked
	codeFull    = "store.full"    // the disk is full
	codeMoved   = "store.moved"   // it was removed or replaced while it was open
	codeDamaged = "store.damaged" // SQLite can't make sense of the file
	codeRights  = "store.rights"  // the file may not be read or written
)

// locate follows links to where the file is or would be, and refuses a folder that isn't there or is on a network file
// system.
func locate(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the store's folder: %w", err)
	}
	if real, err := filepath.EvalSymlinks(whole); err == nil {
		whole = real
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(whole))
	if err != nil {
		return "", badFolder(filepath.Dir(whole), err)
	}
	kind, err := remoteKind(folder)
	if err != nil {
		return "", badFolder(folder, err)
	}
	if kind != "" {
		return "", onNetwork(whole, kind)
	}
	return filepath.Join(folder, filepath.Base(whole)), nil
}

func onNetwork(path, kind string) error {
	return problem.NeedsPerson(codeNetwork, path,
		"the store can't lie on a network file system ("+kind+"): its locks don't keep two machines from writing at once, which destroys the file",
		"choose a folder on a local disk for `store` in keyturn.yaml")
}

func badFolder(folder string, err error) error {
	message, fix := "the store's folder can't be used", "choose another folder for `store` in keyturn.yaml"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		message, fix = "the store's folder doesn't exist", "make the folder, or choose another for `store` in keyturn.yaml"
	case errors.Is(err, fs.ErrPermission):
		message, fix = "the store's folder may not be used by this user", "give yourself write access to the folder, or choose another for `store` in keyturn.yaml"
	}
	return &problem.Error{Class: problem.Person, Code: codeFolder, Subject: folder, Message: message, Fix: fix, Err: err}
}

// create makes an empty file that only its owner may read, unless there is one already.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return exists(path)
	}
	if err != nil {
		return badFolder(filepath.Dir(path), err)
	}
	return file.Close()
}

// exists refuses a path at which there is no store.
func exists(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return noStore(path, err)
	}
	if !info.Mode().IsRegular() && !info.IsDir() { // of a folder SQLite speaks itself
		return problem.NeedsPerson(codeForeign, path, "this is a device, no file, and keeps nothing", "choose a file for `store` in keyturn.yaml")
	}
	return nil
}

func noStore(path string, err error) error {
	return &problem.Error{
		Class: problem.Person, Code: codeMissing, Subject: path, Message: "there is no store here",
		Fix: "check `store` in keyturn.yaml; the first `keyturn renew` makes the store", Err: err,
	}
}
