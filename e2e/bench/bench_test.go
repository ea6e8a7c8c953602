// Package bench_test measures what Keyturn promises about speed and size, on the real binary and the simulated cloud.
// Each figure is printed beside a floor measured in the same run (the least that any program would need for the same
// work) and beside its limit.
//
// The limits count with KEYTURN_BENCH=1, on a machine that does nothing else: `make bench`. Without it everything runs
// once or for a moment, so that no benchmark can rot, and only what doesn't depend on the machine's load is judged.
// The figures are kept in docs/benchmarks.md.
package bench_test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"keyturn/e2e/builttest"
	"keyturn/store/postgrestest"
)

// Programs built once for all benchmarks: Keyturn as it is released, and the bare program of the floors.
var binary, bare *builttest.Built

func TestMain(m *testing.M) {
	os.Exit(builttest.Main(postgrestest.Suite(m), func(dir string) (err error) {
		for program, source := range map[**builttest.Built]string{&binary: "keyturn/cmd/keyturn", &bare: "keyturn/e2e/bench/testdata/bare"} {
			if *program, err = builttest.Program(dir, source, "-trimpath", "-ldflags", "-s -w"); err != nil {
				return err
			}
		}
		return nil
	}))
}

// goBuild builds a program as `make dist` does.
func goBuild(path, source string, env []string) *exec.Cmd {
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, source)
	build.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	return build
}

// strict reports whether the limits on time count.
func strict() bool { return os.Getenv("KEYTURN_BENCH") != "" }

// times is how often something is measured.
func times(n int) int {
	if strict() {
		return n
	}
	return 1
}

// figure prints one result and judges it. A limit on time counts only when strict.
type figure struct {
	name, unit   string
	value, floor float64
	limit        float64
	atLeast      bool // the limit is the least, not the most
	timeless     bool // judged always
}

func (f figure) report(t *testing.T) {
	t.Helper()
	word, within := "at most", f.value <= f.limit
	if f.atLeast {
		word, within = "at least", f.value >= f.limit
	}
	t.Logf("%-42s %9.1f %-6s floor %9.1f  ratio %6.2f  limit: %s %.1f", f.name, f.value, f.unit, f.floor, f.value/f.floor, word, f.limit)
	if !within && (f.timeless || strict()) {
		t.Errorf("%s: %.1f %s, want %s %.1f", f.name, f.value, f.unit, word, f.limit)
	}
}

// median is the middle one of some measurements: a busy moment of the machine doesn't move it.
func median[T float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
