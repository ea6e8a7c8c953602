package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/postgrestest"
)

// password stands in addresses that are refused, and must not be seen anywhere.
const password = "hunter2hunter2"

// changed returns address with one part of it changed.
func changed(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

// wantProblem checks code, subject and fix, and that nothing in err tells the password.
func wantProblem(t *testing.T, err error, code string) {
	t.Helper()
	found := problem.Of(err)
	if !problem.Is(err, code) || found.Subject == "" || (found.Class == problem.Person && found.Fix == "") {
		t.Errorf("error %v with code %q, want %q with subject and fix", err, found.Code, code)
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, password) || strings.Contains(text, "hunter") {
			t.Errorf("the password shows in %T", e)
		}
	}
	if strings.Contains(found.Subject+found.Message+found.Fix, "hunter") {
		t.Error("the password shows in the problem")
	}
}

func TestABadAddressIsRefusedWithoutTellingThePassword(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"nothing":                        "",
		"a path":                         "keyturn.db",
		"another scheme":                 "mysql://u:" + password + "@127.0.0.1/db",
		"key and value":                  "host=127.0.0.1 user=u password=" + password,
		"a password with a bare #":       "postgres://u:hunter#" + password + "@127.0.0.1/db",
		"a password with a bare /":       "postgres://u:hunter/" + password + "@127.0.0.1/db",
		"a password with a bare %":       "postgres://u:%zz" + password + "@127.0.0.1/db",
		"a port that is none":            "postgres://u:" + password + "@127.0.0.1:hunter/db",
		"a mode of encryption unknown":   "postgres://u:" + password + "@127.0.0.1/db?sslmode=hunter",
		"a pool of no size":              "postgres://u:" + password + "@127.0.0.1/db?pool_max_conns=hunter",
		"a certificate that isn't there": "postgres://u:" + password + "@127.0.0.1/db?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(t.Context(), address, Options{})
			wantProblem(t, err, codeAddress)
			if strings.Contains(address, "/nowhere/ca.pem") && !strings.Contains(err.Error(), "/nowhere/ca.pem") {
				t.Errorf("%v doesn't name the file", err)
			}
			_, err = OpenReader(t.Context(), address)
			wantProblem(t, err, codeAddress)
		})
	}
}

func TestAServerThatIsNotThereIsTriedLater(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	_, err = Open(t.Context(), "postgres://u:"+password+"@"+closed.Addr().String()+"/db", Options{})
	wantProblem(t, err, codeServer)
	if problem.Of(err).Class != problem.Retry || !strings.Contains(err.Error(), closed.Addr().String()) {
		t.Errorf("%v should be tried later and name the server", err)
	}
}

func TestOpenRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, address string) string
		code    string
	}{
		"a wrong password": {func(t *testing.T, address string) string {
			return changed(t, address, func(u *url.URL) { u.User = url.UserPassword("keyturn", password) })
		}, codeSignIn},
		"a database that isn't there": {func(t *testing.T, address string) string {
			return changed(t, address, func(u *url.URL) { u.Path = "/nowhere" })
		}, codeMissing},
		"a newer release's store": {func(t *testing.T, address string) string {
			open(t, address)
			postgrestest.Run(t, address, "INSERT INTO keyturn_migration (version_id, is_applied) VALUES (99, true)")
			return address
		}, codeNewer},
		"another program's tables": {func(t *testing.T, address string) string {
			postgrestest.Run(t, address, "CREATE TABLE attempt (a text)")
			return address
		}, codeForeign},
		"a database that can't keep every text": {func(t *testing.T, address string) string {
			name := strings.TrimPrefix(address[strings.LastIndex(address, "/"):], "/") + "_latin"
			server := postgrestest.Server(t)
			postgrestest.Run(t, server, "CREATE DATABASE "+name+" ENCODING 'LATIN1' TEMPLATE template0")
			t.Cleanup(func() { postgrestest.Run(t, server, "DROP DATABASE "+name) })
			return changed(t, address, func(u *url.URL) { u.Path = "/" + name })
		}, codeEncoding},
		"a user who may make no tables": {func(t *testing.T, address string) string {
			return asGuest(t, address)
		}, codeRights},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := c.prepare(t, postgrestest.Database(t))
			_, err := Open(t.Context(), address, Options{AllowMigrate: true})
			wantProblem(t, err, c.code)
		})
	}
}

// asGuest returns address with a user who has no right that not everybody has.
func asGuest(t *testing.T, address string) string {
	t.Helper()
	name := "guest" + address[strings.LastIndex(address, "/t")+2:]
	postgrestest.Run(t, address, "CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	t.Cleanup(func() { postgrestest.Run(t, address, "DROP OWNED BY "+name, "DROP ROLE "+name) })
	return changed(t, address, func(u *url.URL) { u.User = url.UserPassword(name, password) })
}

func TestAServerThatOnlyReadsIsAPersonsBusiness(t *testing.T) {
	t.Parallel()
	address := postgrestest.Database(t)
	beginOne(t, open(t, address))
	name := address[strings.LastIndex(address, "/")+1:]
	postgrestest.Run(t, address, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	s := open(t, address)
	_, err := s.Begin(t.Context(), renewal.Run{ID: "other", App: "other", Node: "n"}, store.Told{})
	wantProblem(t, err, codeStandby)
	if runs, err := s.Runs(t.Context(), store.Filter{}); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, error %v", len(runs), err)
	}
}

func TestReaderMakesNoTablesAndCannotWrite(t *testing.T) {
	t.Parallel()
	address := postgrestest.Database(t)
	_, err := OpenReader(t.Context(), address)
	wantProblem(t, err, codeMissing)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v isn't fs.ErrNotExist", err)
	}
	beginOne(t, open(t, address))
	r, err := OpenReader(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if runs, err := r.Runs(t.Context(), store.Filter{}); err != nil || len(runs) != 1 {
		t.Errorf("%d runs, error %v", len(runs), err)
	}
	if _, writes := r.(store.Writer); writes {
		t.Error("a reader can write")
	}
}

func TestOnlyWhatIsAllowedIsMigrated(t *testing.T) {
	t.Parallel()
	const target = schemaVersion + 1
	for name, c := range map[string]struct {
		st           stamp
		allowed, not bool // the answer when it is allowed, and when it isn't
	}{
		"an empty database":               {stamp{}, true, true},
		"one whose making was broken off": {stamp{made: true, making: true, version: target - 1}, true, true},
		"made, but for the word of it":    {stamp{made: true, making: true, version: target}, true, true},
		"one of the first release's":      {stamp{made: true, version: firstSchema - 1}, true, true},
		"an older release's":              {stamp{made: true, version: target - 1}, true, false},
		"this release's":                  {stamp{made: true, version: target}, false, false},
		"a newer release's":               {stamp{made: true, version: target + 1}, false, false},
	} {
		if allowed, without := c.st.wanting(target, true), c.st.wanting(target, false); allowed != c.allowed || without != c.not {
			t.Errorf("%s: migrated when allowed %v, without %v", name, allowed, without)
		}
	}
}

// TestABrokenOffMakingIsFinished: whoever comes by while the first store is made, or after its maker was killed, must not take it
// for an older release's, which only a person may migrate.
func TestABrokenOffMakingIsFinished(t *testing.T) {
	t.Parallel()
	const later = "DROP TABLE sighting; DROP TABLE notice; DROP TABLE budget; DROP TABLE pass; DROP INDEX audit_at; DROP INDEX run_due; "
	for name, rest := range map[string]string{
		"at the alarm clock": later + "DELETE FROM keyturn_migration WHERE version_id >= 2",
		"later":              later + "DELETE FROM keyturn_migration WHERE version_id >= 3",
		"at its last word":   "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := postgrestest.Database(t)
			beginOne(t, open(t, address))
			postgrestest.Run(t, address, "CREATE TABLE "+makingTable+" (); "+rest)
			_, err := OpenReader(t.Context(), address)
			wantProblem(t, err, codeMissing)
			s, err := Open(t.Context(), address, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if n := count(t, s, "run"); n != 1 {
				t.Errorf("%d runs, want the one from before", n)
			}
			if r, err := OpenReader(t.Context(), address); err != nil {
				t.Error(err)
			} else {
				_ = r.Close()
			}
		})
	}
}

func TestManyMakeTheSameStoreAtOnce(t *testing.T) {
	t.Parallel()
	address := changed(t, postgrestest.Database(t), func(u *url.URL) { u.RawQuery = "pool_max_conns=1" })
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			s, err := Open(t.Context(), address, Options{})
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
}

// A release of River with more tables needs a migration of ours that makes them.
func TestRiversTablesAreAllMade(t *testing.T) {
	t.Parallel()
	s := open(t, postgrestest.Database(t))
	migrator, err := rivermigrate.New(riverpgxv5.New(s.pool), nil)
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

// Two stores may share a database, each in a schema of its own.
func TestASchemaOfItsOwn(t *testing.T) {
	t.Parallel()
	address := postgrestest.Database(t)
	postgrestest.Run(t, address, "CREATE SCHEMA one", "CREATE SCHEMA two")
	for _, name := range []string{"one", "two"} {
		s := open(t, changed(t, address, func(u *url.URL) { u.RawQuery = "search_path=" + name }))
		beginOne(t, s)
		if n := count(t, s, name+".run"); n != 1 {
			t.Errorf("%d runs in schema %s", n, name)
		}
	}
}

func TestAServersWeakSettingIsMadeGood(t *testing.T) {
	t.Parallel()
	address := postgrestest.Database(t)
	name := address[strings.LastIndex(address, "/")+1:]
	postgrestest.Run(t, address, "ALTER DATABASE "+name+" SET synchronous_commit = off")
	s := open(t, address)
	tx, err := s.pool.BeginTx(t.Context(), s.begin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	var got string
	if err := tx.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&got); err != nil || got != "on" {
		t.Errorf("a step is saved with synchronous_commit %s, error %v", got, err)
	}
}

func beginOne(t *testing.T, s *Store) {
	t.Helper()
	if _, err := s.Begin(t.Context(), renewal.Run{ID: renewal.NewID(), App: "app", Node: "n"}, store.Told{}); err != nil {
		t.Fatal(err)
	}
}
