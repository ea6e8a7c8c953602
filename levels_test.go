package keyturn_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// levels says who may know whom: a room imports only rooms of a lower level, never one of its own. A new room gets one
// line here and one in docs/ARCHITECTURE.md.
var levels = map[string]int{
	// nouns: plain data and pure rules about it
	"secret": 0, "problem": 0, "check": 0, "audit": 0, "renewal": 0, "credential": 0, "notice": 0,
	// contracts and pure rules
	"issuer": 1, "target": 1, "store": 1, "notify": 1, "policy": 1,
	// what is posted to others
	"signature": 1,
	// the wire in general; the configuration, which is decoded into rules and descriptors
	"cloud": 2, "config": 2,
	// from one store to another, by the contract alone
	"store/transfer": 2,
	// River, the same on every database
	"store/alarm": 2,
	// what Prometheus is told of a store
	"metric": 2,
	// thin clients
	"graph": 3, "arm": 3, "vault": 3, "acs": 3,
	// what is to be known of a person who signed in
	"person": 3,
	// where an application stands, by all that is known of it: a pure rule
	"standing": 3,
	// adapters
	"issuer/entra": 4, "issuer/sharepoint": 4, "target/keyvaultsecret": 4, "target/apiconnection": 4, "target/automationvariable": 4,
	"target/webconfig": 4, "target/appservicesetting": 4, "target/vendorwebhook": 4, "target/manual": 4,
	"notify/mail": 4, "notify/webhook": 4, "notify/heartbeat": 4,
	"store/sqlite": 4, "store/postgres": 4, "inventory/script": 4,
	// the rooms with effects, and those that look around
	"stage": 5, "inventory": 5,
	"engine": 6,
	// what could be done instead, out of what was found
	"advice": 6,
	// what answers to others: who may come in, what happens, what is shown, how it is shown; and the way to all of it
	"server/access": 5, "server/feed": 5, "server/board": 6, "server/command": 6, "server/guest": 6, "server/web": 7, "server/api": 7, "server": 8,
	// the command knows all
	"cmd/keyturn": 9,
	// tools of the house: for making a release; to be killed between any two steps, in what tests build alone
	"house/zip": 9, "house/licences": 9, "house/crashpoint": 0,
}

// sameNoun are imports within level 0 and 1 that make one noun out of another; each has its reason.
var sameNoun = map[string]string{
	"credential -> secret": "an issued credential carries its value",
}

// testOnly are packages that only tests may import.
func testOnly(room string) bool { return strings.HasSuffix(path.Base(room), "test") }

func TestRoomsImportOnlyLowerLevels(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		room := roomOf(file)
		if strings.HasSuffix(file, "_test.go") || testOnly(room) || room == "" || strings.HasPrefix(room, "simulator") {
			continue
		}
		from, known := levelOf(room)
		if !known {
			t.Errorf("%s: room %q has no level: give it one in levels_test.go and a line in docs/ARCHITECTURE.md", file, room)
			continue
		}
		for _, other := range imports(t, file) {
			checkImport(t, file, room, other, from)
		}
	}
}

func checkImport(t *testing.T, file, room, other string, from int) {
	t.Helper()
	if strings.HasPrefix(room, "cmd/") && (strings.HasPrefix(other, "simulator") || strings.HasPrefix(other, "cmd/")) {
		return // the command runs the simulator, and has small rooms of its own
	}
	to, known := levelOf(other)
	switch {
	case strings.HasPrefix(other, "simulator"):
		t.Errorf("%s imports %s: no product code knows that the simulator exists, or it would be tested against itself", file, other)
	case testOnly(other):
		t.Errorf("%s imports %s: test suites don't belong in the binary", file, other)
	case !known:
		t.Errorf("%s imports %s, which has no level", file, other)
	case to >= from && sameNoun[room+" -> "+other] == "":
		t.Errorf("%s (level %d) imports %s (level %d): data flows one way, so that a room can be read and replaced alone", file, from, other, to)
	}
}

func TestSimulatorSharesNoCodeWithTheProduct(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		if !strings.HasPrefix(roomOf(file), "simulator") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, other := range imports(t, file) {
			if !strings.HasPrefix(other, "simulator") {
				t.Errorf("%s imports %s: the simulator is a second reading of the protocol, and would repeat the first one's mistakes", file, other)
			}
		}
	}
}

func levelOf(room string) (int, bool) {
	if strings.HasPrefix(room, "cmd/keyturn") {
		room = "cmd/keyturn"
	}
	level, known := levels[room]
	return level, known
}

func roomOf(file string) string {
	dir := filepath.ToSlash(filepath.Dir(file))
	if dir == "." {
		return ""
	}
	return dir
}

// imports returns the rooms of this module that a file imports.
func imports(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if room, ours := strings.CutPrefix(name, "keyturn/"); ours {
			found = append(found, room)
		}
	}
	return found
}

// goFiles lists every Go file of the module.
func goFiles(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != "." || entry.Name() == "dist" || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".go") {
			found = append(found, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("found %d Go files: %v", len(found), err)
	}
	return found
}
