package webconfig

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/windows"
)

// TestASwapThatStopsHalfWayIsFinished: ReplaceFile may have taken the old file away when it fails.
func TestASwapThatStopsHalfWayIsFinished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		number syscall.Errno
		gone   bool // the old file, when the system stops
		want   error
	}{
		"the old file is gone":         {windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT, true, nil},
		"the old file is called anew":  {windows.ERROR_UNABLE_TO_MOVE_REPLACEMENT_2, true, nil},
		"the old file is still there":  {windows.ERROR_UNABLE_TO_REMOVE_REPLACED, false, errBusy},
		"the old file is read by some": {windows.ERROR_SHARING_VIOLATION, false, errBusy},
		"the disk is full":             {windows.ERROR_DISK_FULL, false, syscall.ENOSPC},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, fresh := filepath.Join(t.TempDir(), "web.config"), filepath.Join(t.TempDir(), "fresh")
			for _, each := range []string{path, fresh} {
				if err := os.WriteFile(each, []byte(each), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := swapBy(func(path, _ string) error {
				if c.gone {
					return errors.Join(c.number, os.Remove(path))
				}
				return c.number
			}, fresh, path)
			if !errors.Is(err, c.want) {
				t.Errorf("it says %v", err)
			}
			want := path
			if c.gone {
				want = fresh
			}
			if now, err := os.ReadFile(path); err != nil || string(now) != want {
				t.Errorf("the file is %s, want %s: %v", now, want, err)
			}
		})
	}
}

func TestTwoKeyturnsDontHoldOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "web.config")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []error{nil, errBusy} {
		file, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := hold(file, path); !errors.Is(err, want) {
			t.Errorf("it says %v, want %v", err, want)
		}
		if text, err := readAll(file); err != nil || string(text) != "text" {
			t.Errorf("reading says %q, %v", text, err)
		}
	}
}

func TestAFileMarkedReadOnlyIsRefusedBeforehand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "web.config")
	if err := os.WriteFile(path, []byte("<configuration/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil { // the mark, on this system
		t.Fatal(err)
	}
	if err := rehearse(path); !errors.Is(err, errFixed) {
		t.Errorf("%v", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rehearse(path); err != nil {
		t.Errorf("without the mark: %v", err)
	}
}
