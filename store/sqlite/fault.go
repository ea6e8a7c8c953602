package sqlite

import (
	"context"
	"errors"
	"os"
	"syscall"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"keyturn/problem"
)

// fault is what one kind of SQLite's result codes means for whoever faces it.
type fault struct {
	class              problem.Class
	code, message, fix string
}

// faults are the results that time or a person can help, by primary code
// (https://www.sqlite.org/rescode.html, read 2026-11-22). Any other is ours to mend and stays as it is.
var faults = map[int]fault{
	sqlite3.SQLITE_BUSY:     {problem.Retry, codeBusy, "other processes kept the store locked for too long", ""},
	sqlite3.SQLITE_FULL:     {problem.Person, codeFull, "the disk is full", "free some space on the disk that holds the store, then run the command again"},
	sqlite3.SQLITE_CORRUPT:  {problem.Person, codeDamaged, "the store's file is damaged", "put back a copy of it, or move it away and run `keyturn adopt` for each application: no credential is lost"},
	sqlite3.SQLITE_NOTADB:   {problem.Person, codeForeign, "the file isn't a store of Keyturn", "choose another file for `store` in keyturn.yaml"},
	sqlite3.SQLITE_READONLY: {problem.Person, codeRights, "the store may not be written by this user", "give yourself write access to the file and its folder"},
	sqlite3.SQLITE_CANTOPEN: {problem.Person, codeRights, "the store's file can't be opened", "check that it is a file, and that you may read and write it and its folder"},
	sqlite3.SQLITE_PERM:     {problem.Person, codeRights, "the store may not be opened by this user", "give yourself access to the file and its folder"},
	sqlite3.SQLITE_IOERR:    {problem.Person, codeDamaged, "the disk that holds the store failed", "check the disk and its free space, then run the command again"},
}

// classify turns a result of SQLite into a problem. When the caller's own context ended, that is the error.
func (s *Store) classify(err error) error {
	var result *driver.Error
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &result) {
		return err
	}
	f, known := faults[result.Code()&0xff]
	if !known {
		return err
	}
	if result.Code()&0xff == sqlite3.SQLITE_CANTOPEN && noMoreFiles(s.path) {
		f.message, f.fix = "the store's file can't be opened: "+problem.TooManyFiles, problem.FixTooManyFiles
	}
	return &problem.Error{Class: f.class, Code: f.code, Subject: s.path, Message: f.message, Fix: f.fix, Err: err}
}

// noMoreFiles reports whether the system lets this process open no more files, which SQLite doesn't tell from other reasons.
func noMoreFiles(path string) bool {
	file, err := os.Open(path)
	if err == nil {
		_ = file.Close() // nothing was written
	}
	return errors.Is(err, syscall.EMFILE)
}
