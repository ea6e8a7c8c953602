package webconfig_test

import (
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/target/targettest"
	"keyturn/target/webconfig"
)

// rightsOf tells who may do what with a file.
func rightsOf(t *testing.T, path string) string {
	t.Helper()
	held, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	return held.String()
}

// TestACopyIsForNobodyElse: the list of the folder, which new files inherit, may let more people read than the file's.
func TestACopyIsForNobodyElse(t *testing.T) {
	t.Parallel()
	path := whole(t)
	inherited := rightsOf(t, path)
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;SY)(A;;FA;;;" + me.User.Sid.String() + ")")
	if err != nil {
		t.Fatal(err)
	}
	handle := takeFile(t, path, windows.WRITE_DAC, 0)
	err = windows.SetKernelObjectSecurity(handle, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, wanted)
	if err := errors.Join(err, windows.CloseHandle(handle)); err != nil {
		t.Fatal(err)
	}
	own := rightsOf(t, path)
	if own == inherited {
		t.Fatalf("the file's list is the folder's: %s", own)
	}
	made, err := webconfig.New(webconfig.Config{Path: path, Backup: true}, targettest.Client)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.Write(t.Context(), parcel); err != nil {
		t.Fatal(err)
	}
	for _, each := range []string{path, filepath.Join(filepath.Dir(path), "web.before-keyturn.config")} {
		if got := rightsOf(t, each); got != own {
			t.Errorf("%s is for %s, want %s", filepath.Base(each), got, own)
		}
	}
}

// TestAFileThatOthersHaveOpen is replaced beside who reads it and lets it go, and left for later beside who doesn't.
func TestAFileThatOthersHaveOpen(t *testing.T) {
	t.Parallel()
	const reading, all = windows.FILE_SHARE_READ, windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	for name, c := range map[string]struct {
		access, share uint32
		code          string
	}{
		"a reader who shares all":     {windows.GENERIC_READ, all, ""},
		"a reader who shares reading": {windows.GENERIC_READ, reading, "webconfig.busy"},
		"a reader who shares nothing": {windows.GENERIC_READ, 0, "webconfig.busy"},
		"a writer who shares all":     {windows.GENERIC_WRITE, all, "webconfig.busy"},
		"a writer who shares nothing": {windows.GENERIC_WRITE, 0, "webconfig.busy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := whole(t)
			before := read(t, path)
			other := takeFile(t, path, c.access, c.share)
			_, err := open(t, path).Write(t.Context(), parcel)
			if c.code == "" && err != nil || c.code != "" && (!problem.Is(err, c.code) || problem.Of(err).After <= 0) {
				t.Errorf("it says %v", err)
			}
			if failed := check.Failed(open(t, path).Check(t.Context())); c.access == windows.GENERIC_READ && c.share != 0 && len(failed) != 0 {
				t.Errorf("before anything is made: %+v", failed)
			}
			if err := windows.CloseHandle(other); err != nil {
				t.Fatal(err)
			}
			if c.code != "" && read(t, path) != before {
				t.Error("the file was changed")
			}
			if _, err := open(t, path).Write(t.Context(), parcel); err != nil || valueIn(t, path, 1) != parcel.Value.Reveal() {
				t.Errorf("afterwards: %v", err)
			}
			if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "web.*.keyturn.config")); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func takeFile(t *testing.T, path string, access, share uint32) windows.Handle {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := windows.CreateFile(name, access, share, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return handle
}
