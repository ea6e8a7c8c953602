//go:build unix

package main

import (
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestAClosedTerminalStopsSoftly: the step in hand is finished, and what the shell sends behind doesn't cut it off. It sends
// the signal to the whole test process, so it runs alone.
func TestAClosedTerminalStopsSoftly(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // where the tests were begun with nohup, it isn't heard without
	defer signal.Stop(heard)
	sh := newShell(strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" })
	sh.soft.Store(true)
	ctx, done := sh.heedSignals(t.Context())
	defer done()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	<-sh.stop
	cut := false
	if count := sh.interrupted(syscall.SIGHUP, 1, func() { cut = true }); count != 1 || cut || ctx.Err() != nil {
		t.Errorf("another SIGHUP makes it %d; cut off: %v, %v", count, cut, ctx.Err())
	}
	if count := sh.interrupted(syscall.SIGTERM, 1, func() { cut = true }); count != 2 || !cut {
		t.Errorf("SIGTERM behind it makes it %d; cut off: %v", count, cut)
	}
}
