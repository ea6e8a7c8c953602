//go:build unix

package webconfig_test

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"keyturn/problem"
)

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

// rightsOf tells who may do what with a file.
func rightsOf(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().String()
}
