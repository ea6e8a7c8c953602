package webconfig

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWhatKeepsAFileInItsPlaceIsSeenBeforehand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attributes uint64
		isFile     bool
		want       error
	}{
		"a plain file":            {unix.STATX_ATTR_COMPRESSED, true, nil},
		"an immutable file":       {unix.STATX_ATTR_IMMUTABLE, true, errFixed},
		"a file to be added to":   {unix.STATX_ATTR_APPEND, true, errFixed},
		"an immutable folder":     {unix.STATX_ATTR_IMMUTABLE, false, errFixed},
		"a folder to be added to": {unix.STATX_ATTR_APPEND, false, errFixed},
		"a file that is a mount":  {unix.STATX_ATTR_MOUNT_ROOT, true, errMounted},
		"a folder that is one":    {unix.STATX_ATTR_MOUNT_ROOT, false, nil},
	} {
		if err := fixed(c.attributes, c.isFile); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAMarkedFileIsRefusedBeforehand marks files for real where this user may, and else sees that plain ones pass.
func TestAMarkedFileIsRefusedBeforehand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "web.config")
	if err := os.WriteFile(path, []byte("<configuration/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, marked := range []string{path, filepath.Dir(path)} {
		for _, mark := range []int{unix.STATX_ATTR_IMMUTABLE, unix.STATX_ATTR_APPEND} {
			if err := rehearse(path); err != nil {
				t.Fatalf("without a mark: %v", err)
			}
			if !put(t, marked, mark) {
				continue
			}
			err := rehearse(path)
			put(t, marked, 0)
			if !errors.Is(err, errFixed) {
				t.Errorf("%s marked with %#x: %v", filepath.Base(marked), mark, err)
			}
		}
	}
}

// put marks a file or folder, which only some users may on some file systems.
func put(t *testing.T, path string, mark int) bool {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	before, err := unix.IoctlGetUint32(int(file.Fd()), unix.FS_IOC_GETFLAGS)
	if err != nil {
		return false
	}
	flags := before&^uint32(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) | uint32(mark)
	return unix.IoctlSetPointerInt(int(file.Fd()), unix.FS_IOC_SETFLAGS, int(flags)) == nil
}
