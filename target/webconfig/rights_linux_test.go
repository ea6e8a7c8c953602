package webconfig_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"keyturn/check"
	"keyturn/target"
	"keyturn/target/webconfig"
)

// asNobody is a target used by somebody who may change neither the file nor its folder.
type asNobody struct{ *webconfig.Target }

func (a asNobody) Write(ctx context.Context, p target.Parcel) (receipt string, err error) {
	without(func() { receipt, err = a.Target.Write(ctx, p) })
	return receipt, err
}

// nobody is the user without any right, on every Linux.
const nobody = 65534

// without runs do as a user who owns nothing. The file system's idea of the user belongs to one thread alone, which
// ends with this.
func without(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends
		_, _ = unix.SetfsgidRetGid(nobody)
		_, _ = unix.SetfsuidRetUid(nobody)
		do()
	}()
	<-done
}

// Check asks as nobody.
func (a asNobody) Check(ctx context.Context) (checks []check.Check) {
	without(func() { checks = a.Target.Check(ctx) })
	return checks
}

// powerless lets everybody read the file and its folder, and nobody but its owner write.
func powerless(t *testing.T, made *webconfig.Target) target.Target {
	t.Helper()
	folder := filepath.Dir(made.Place().Resource)
	for at := folder; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil { //nolint:gosec // reading it is the point
			t.Fatal(err)
		}
	}
	if err := os.Chmod(made.Place().Resource, 0o444); err != nil {
		t.Fatal(err)
	}
	return asNobody{made}
}
