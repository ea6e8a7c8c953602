package bench_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

// spent is what one process cost.
type spent struct {
	wall, cpu time.Duration // cpu: user and system together
	peak      float64       // resident memory in MiB; 0 where the system doesn't tell
	out       []byte
}

// spend runs a command to its end and measures it. Exit codes other than those named fail the test.
func spend(t *testing.T, cmd *exec.Cmd, codes ...int) spent {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	state := cmd.ProcessState
	good := false
	for _, code := range codes {
		good = good || state.ExitCode() == code
	}
	if !good {
		t.Fatalf("%v: exit %d, want %v\n%s\n%s", cmd.Args[1:], state.ExitCode(), codes, stdout.String(), stderr.String())
	}
	return spent{wall: wall, cpu: state.UserTime() + state.SystemTime(), peak: peak(state), out: stdout.Bytes()}
}

// sample measures a command n times; make gives a new one each time.
func sample(t *testing.T, n int, make func() *exec.Cmd, codes ...int) (walls, cpus []time.Duration) {
	t.Helper()
	for range n {
		s := spend(t, make(), codes...)
		walls, cpus = append(walls, s.wall), append(cpus, s.cpu)
	}
	return walls, cpus
}

// alone is an environment without anything of the caller's Azure sign-ins and proxies.
func alone(home string, more ...string) []string {
	return append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}, more...)
}
