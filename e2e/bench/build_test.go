package bench_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

const (
	buildLimit = 90 * time.Second
	sizeLimit  = 40.0 // MiB, stripped
)

// TestBenchBuild builds Keyturn with nothing but the standard library in the cache. The floor is building that library.
func TestBenchBuild(t *testing.T) {
	size := mebibytes(t, binary.Path())
	figure{name: "size of the stripped binary", unit: "MiB", value: size, floor: mebibytes(t, bare.Path()), limit: sizeLimit, timeless: true}.report(t)
	if !strict() {
		return // the build itself was tried by TestMain
	}
	cache := []string{"GOCACHE=" + t.TempDir()}
	library := build(t, os.DevNull, "std", cache)
	whole := build(t, filepath.Join(t.TempDir(), "keyturn"), "keyturn/cmd/keyturn", cache)
	figure{
		name: "go build beyond the standard library", unit: "s", value: whole.Seconds(), floor: library.Seconds(), limit: buildLimit.Seconds(),
	}.report(t)
}

func build(t *testing.T, path, source string, env []string) time.Duration {
	t.Helper()
	began := time.Now()
	if out, err := goBuild(path, source, env).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", source, err, out)
	}
	return time.Since(began)
}

func mebibytes(t *testing.T, path string) float64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return float64(info.Size()) / (1 << 20)
}
