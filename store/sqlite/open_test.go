package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

func TestOpenMakesAFileForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	name := "a folder with % ? # and ü"
	if runtime.GOOS == "windows" {
		name = "a folder with % # and ü" // which has no ? in names
	}
	path := filepath.Join(t.TempDir(), name, "keyturn.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	beginOne(t, s)
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, file.Name())
		info, err := file.Info()
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", file.Name(), mode)
		}
	}
	if got := strings.Join(names, " "); got != "keyturn.db keyturn.db-shm keyturn.db-wal" {
		t.Errorf("an open store has the files %s", got)
	}
}

// TestAFileThatIsTakenAwayIsToldAtTheNextSave, since what is saved in it would be lost with the process.
func TestAFileThatIsTakenAwayIsToldAtTheNextSave(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows lets nobody remove a file that is open")
	}
	for name, instead := range map[string]func(path string) error{
		"removed":              func(string) error { return nil },
		"another in its place": func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		path := filepath.Join(t.TempDir(), "keyturn.db")
		s := open(t, path)
		if err := s.Beat(t.Context(), "n", time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Rename(path, path+".away"), instead(path)); err != nil {
			t.Fatal(err)
		}
		wantProblem(t, s.Beat(t.Context(), "n", time.Minute), codeMoved)
		if err := os.Rename(path+".away", path); err != nil {
			t.Fatal(err)
		}
		if err := s.Beat(t.Context(), "n", time.Minute); err != nil {
			t.Errorf("%s and put back: %v", name, err)
		}
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	s := open(t, path)
	beginOne(t, s)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if runs, err := r.Runs(t.Context(), store.Filter{}); err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, error %v", len(runs), err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(path + "*"); err != nil || len(files) != 1 {
		t.Fatalf("files %v, error %v", files, err)
	}
}

func TestConnectionsAreAsTheStoryTells(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "15000", "application_id": "1262836052",
	} {
		for name, db := range map[string]*sql.DB{"writer": s.writer, "reader": s.reader} {
			var got string
			if err := db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s of the %s is %s (%v), want %s", pragma, name, got, err, want)
			}
		}
	}
	if _, err := s.reader.ExecContext(t.Context(), "DELETE FROM run"); err == nil {
		t.Error("a reading connection can delete")
	}
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		code    string
	}{
		"text":                       {func(t *testing.T, path string) { writeFile(t, path, strings.Repeat("not a database ", 100)) }, codeForeign},
		"another program's database": {func(t *testing.T, path string) { alterFile(t, path, "CREATE TABLE theirs (a)") }, codeForeign},
		"a newer release's store":    {func(t *testing.T, path string) { open(t, path); alterFile(t, path, "PRAGMA user_version = 99") }, codeNewer},
		"a folder":                   {func(t *testing.T, path string) { mkdir(t, path) }, codeRights},
		"a device":                   {func(t *testing.T, path string) { linkTo(t, os.DevNull, path) }, codeForeign},
		"a path in no folder":        {func(t *testing.T, path string) { removeAll(t, filepath.Dir(path)) }, codeFolder},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "sub", "keyturn.db")
			mkdir(t, filepath.Dir(path))
			c.prepare(t, path)
			_, err := Open(t.Context(), path, Options{AllowMigrate: true})
			wantProblem(t, err, c.code)
			_, err = OpenReader(t.Context(), path)
			wantProblem(t, err, c.code)
		})
	}
}

func wantProblem(t *testing.T, err error, code string) {
	t.Helper()
	if !problem.Is(err, code) || problem.Of(err).Fix == "" || problem.Of(err).Subject == "" {
		t.Errorf("error %v with code %q, want %q with subject and fix", err, problem.Of(err).Code, code)
	}
}

func TestReaderNeverMakesAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	_, err := OpenReader(t.Context(), path)
	wantProblem(t, err, codeMissing)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v isn't fs.ErrNotExist", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a reader made the file")
	}
}

func TestOnlyWhatIsAllowedIsMigrated(t *testing.T) {
	t.Parallel()
	const target = schemaVersion + 1
	for name, c := range map[string]struct {
		st           stamp
		allowed, not bool // the answer when it is allowed, and when it isn't
	}{
		"a new file":                      {stamp{}, true, true},
		"one whose making was broken off": {stamp{makingID, target - 1, 9}, true, true},
		"made, but for the word of it":    {stamp{makingID, target, 9}, true, true},
		"one of the first release's":      {stamp{applicationID, firstSchema - 1, 9}, true, true},
		"an older release's":              {stamp{applicationID, target - 1, 9}, true, false},
		"this release's":                  {stamp{applicationID, target, 9}, false, false},
		"a newer release's":               {stamp{applicationID, target + 1, 9}, false, false},
		"another program's":               {stamp{0, 0, 3}, false, false},
		"another program's, numbered":     {stamp{7, 1, 3}, false, false},
	} {
		if allowed, without := c.st.wanting(target, true), c.st.wanting(target, false); allowed != c.allowed || without != c.not {
			t.Errorf("%s: migrated when allowed %v, without %v", name, allowed, without)
		}
	}
}

// backToFirst takes away what the migrations after the first release's made.
const backToFirst = "DROP TABLE duty; DROP TABLE finding; ALTER TABLE node DROP COLUMN serves; DROP TABLE sighting; DROP TABLE notice; DROP TABLE budget; DROP TABLE pass; DROP INDEX audit_at; DROP INDEX run_due"

// TestABrokenOffMakingIsFinished: whoever comes by while the first store is made, or after its maker was killed, must not take it
// for an older release's, which only a person may migrate.
func TestABrokenOffMakingIsFinished(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]string{
		"before its first table": "",
		"at the alarm clock":     fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 1; DELETE FROM goose_db_version WHERE version_id >= 2;", makingID) + backToFirst,
		"later":                  fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 2; DELETE FROM goose_db_version WHERE version_id >= 3;", makingID) + backToFirst,
		"at its last word":       fmt.Sprintf("PRAGMA application_id = %d", makingID),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "keyturn.db")
			if rest == "" {
				writeFile(t, path, "")
			} else {
				open(t, path)
				alterFile(t, path, rest)
			}
			_, err := OpenReader(t.Context(), path)
			wantProblem(t, err, codeMissing)
			s, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			beginOne(t, s)
			if r, err := OpenReader(t.Context(), path); err != nil {
				t.Error(err)
			} else {
				_ = r.Close()
			}
		})
	}
}

func TestManyMakeTheSameStoreAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			s, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := s.Runs(t.Context(), store.Filter{}); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if files, err := filepath.Glob(path + "*"); err != nil || len(files) != 1 {
		t.Errorf("files %v, error %v", files, err)
	}
}

// A release of River with more tables needs a migration of ours that makes them.
func TestRiversTablesAreAllMade(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "keyturn.db"))
	migrator, err := rivermigrate.New(riversqlite.New(s.writer), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := migrator.AllVersions()
	if last := all[len(all)-1].Version; last != riverVersion {
		t.Errorf("River has migration %d, ours stop at %d: add one that calls it", last, riverVersion)
	}
	state, err := migrator.Validate(t.Context(), nil)
	if err != nil || !state.OK {
		t.Errorf("River finds %v, error %v", state, err)
	}
}

// TestAStoreThatIsBeingMadeIsNoOlderOne: between its first and its last migration it has an older release's number.
func TestAStoreThatIsBeingMadeIsNoOlderOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	beside := path + "-migrate"
	if err := create(beside); err != nil {
		t.Fatal(err)
	}
	maker, file := handle(beside, "_txlock=exclusive", 1), handle(path, "", 1)
	defer maker.Close()
	defer file.Close()
	setVersion := func(number int) {
		if _, err := file.ExecContext(t.Context(), fmt.Sprintf("PRAGMA user_version = %d", number)); err != nil {
			t.Fatal(err)
		}
	}
	alone, err := maker.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	setVersion(firstSchema)
	opened := make(chan error, 1)
	go func() {
		s, err := Open(t.Context(), path, Options{})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Fatalf("it didn't wait for the one who makes it: %v", err)
	case <-time.After(50 * time.Millisecond): // it waits
	}
	setVersion(schemaVersion)
	if err := alone.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

func TestANetworkPlaceIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	err := onNetwork("/mnt/share/keyturn.db", "NFS")
	wantProblem(t, err, codeNetwork)
	if !strings.Contains(err.Error(), "NFS") || !strings.Contains(err.Error(), "locks") {
		t.Errorf("%v doesn't say why", err)
	}
	if kind, err := remoteKind(t.TempDir()); err != nil || kind != "" {
		t.Errorf("the folder for temporary files counts as %q, error %v", kind, err)
	}
}

func TestALinkLeadsToOneStore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	real, link := filepath.Join(folder, "keyturn.db"), filepath.Join(folder, "link.db")
	beginOne(t, open(t, real))
	err := os.Symlink(real, link)
	if err == nil {
		_, err = os.Readlink(link) // Wine says that it linked, and didn't
	}
	if err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("only developers and administrators may link here")
		}
		t.Fatal(err)
	}
	if n := count(t, open(t, link), "run WHERE 1"); n != 1 {
		t.Errorf("%d runs behind the link, want 1", n)
	}
}

func beginOne(t *testing.T, s *Store) renewal.Run {
	t.Helper()
	run, err := s.Begin(t.Context(), renewal.Run{ID: renewal.NewID(), App: "app", Node: "n"}, store.Told{})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func linkTo(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func removeAll(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// alterFile runs one statement on the file as another program would, making it when it isn't there.
func alterFile(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func TestAnOlderStoreIsMigratedWithItsRuns(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.db")
	kept := beginOne(t, open(t, path))
	alterFile(t, path, "PRAGMA user_version = 2; DELETE FROM goose_db_version WHERE version_id >= 3;"+backToFirst)
	_, err := Open(t.Context(), path, Options{})
	wantProblem(t, err, codeBehind)
	s, err := Open(t.Context(), path, Options{AllowMigrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if run, err := s.Claim(t.Context(), kept.ID, "after"); err != nil || run.State != kept.State {
		t.Errorf("the run in flight after the upgrade: %+v, %v", run, err)
	}
	if served, err := s.Served(t.Context()); err != nil || served {
		t.Errorf("served %v: %v", served, err)
	}
}
