//go:build unix

package webconfig_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
)

var parcel = target.Parcel{Tag: "run.1", Value: secret.New("new8Q~the-new-value-of-this-add-in")}

func TestALockedFileIsLeftForLater(t *testing.T) {
	t.Parallel()
	path := whole(t)
	before := read(t, path)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path).Write(t.Context(), parcel); !problem.Is(err, "webconfig.busy") || problem.Of(err).Class != problem.Retry || problem.Of(err).After <= 0 {
		t.Errorf("%v", err)
	}
	if read(t, path) != before {
		t.Error("the file was changed")
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path).Write(t.Context(), parcel); err != nil {
		t.Error(err)
	}
}

func TestAFileOfSeveralNamesIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := whole(t)
	if err := os.Link(path, filepath.Join(filepath.Dir(path), "other.config")); err != nil {
		t.Fatal(err)
	}
	if failed := check.Failed(open(t, path).Check(t.Context())); len(failed) != 1 || failed[0].Code != "webconfig.kept" {
		t.Errorf("before anything is made: %+v", failed)
	}
	if _, err := open(t, path).Write(t.Context(), parcel); !problem.Is(err, "webconfig.kept") {
		t.Errorf("%v", err)
	}
}
