package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"keyturn/problem"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	denied := problem.NeedsPerson(problem.Denied, "vault kv", "no right", "grant it")
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"all is done":                     {nil, 0},
		"anything fails":                  {errors.New("x"), 1},
		"something to look at":            {attention(), 2},
		"a mistake in usage":              {usage(errors.New("x")), 64},
		"a right is missing":              {denied, 77},
		"a right is missing, deep inside": {fmt.Errorf("plan: %w", fmt.Errorf("read: %w", denied)), 77},
		"a retired service":               {problem.FindKnown("acs.retired").Stops("app", "", ""), 2},
		"a lock isn't a right":            {problem.NeedsPerson(problem.Locked, "vault kv", "locked", "unlock it"), 1},
		"one failed, one needs a look":    {worst([]error{attention(), errors.New("x"), nil}), 1},
		"one needs a look, one is done":   {worst([]error{nil, attention()}), 2},
		"several, all done":               {worst([]error{nil, nil}), 0},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestErrorsSayWhatToDoNext(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	sh := newShell(strings.NewReader(""), &bytes.Buffer{}, &errs, func(string) string { return "" })
	sh.show(fmt.Errorf("nothing was made: %w", problem.NeedsPerson("lock", "vault kv", "locked\x1b[2J by somebody", "unlock it")))
	want := "keyturn: nothing was made: vault kv: locked [2J by somebody\n  next: unlock it\n"
	if errs.String() != want {
		t.Errorf("got %q, want %q", errs.String(), want)
	}
	refused := &problem.Error{Class: problem.Permanent, Code: "refused", Subject: "connection", Message: "the service refused the request (405)"}
	if next := sh.fixOf(refused); !strings.Contains(next, "run the command again") {
		t.Errorf("of what nobody knows a fix for, it says %q", next)
	}
}

// An attempt that was cancelled because another failed carries context.Canceled; nobody asked for that, so it isn't "stopped".
func TestStoppedIsSaidOfWhatSomebodyStopped(t *testing.T) {
	t.Parallel()
	away := problem.Later("store.unreachable", "postgres://db", 0, fmt.Errorf("can't be reached: %w", context.Canceled))
	for name, c := range map[string]struct {
		err         error
		interrupted bool
		said        string
	}{
		"a store that is away, and somebody's cancelled connection within": {away, false, "postgres://db: can't be reached"},
		"a Ctrl-C":                       {fmt.Errorf("read the runs: %w", context.Canceled), true, "stopped"},
		"a Ctrl-C, told by another word": {away, true, "stopped"},
	} {
		var errs bytes.Buffer
		sh := newShell(strings.NewReader(""), &bytes.Buffer{}, &errs, func(string) string { return "" })
		if c.interrupted {
			sh.interrupted(os.Interrupt, 0, func() {})
		}
		sh.show(c.err)
		if !strings.HasPrefix(errs.String(), "keyturn: "+c.said) {
			t.Errorf("%s: %q", name, errs.String())
		}
	}
}

// The first Ctrl-C lets a command that knows how to stop finish the step in hand; the second ends it.
func TestCtrlC(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	sh := newShell(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}, func(string) string { return "" })
	sh.soft.Store(true)
	sh.interrupted(os.Interrupt, 0, cancel)
	select {
	case <-sh.stop:
	default:
		t.Error("the first didn't ask to stop")
	}
	if ctx.Err() != nil {
		t.Error("the first ended the step in hand")
	}
	sh.interrupted(os.Interrupt, 1, cancel)
	if ctx.Err() == nil {
		t.Error("the second didn't end it")
	}
}

// A command that has nothing to finish ends at the first.
func TestCtrlCOfACommandThatOnlyLooks(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	sh := newShell(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}, func(string) string { return "" })
	sh.interrupted(os.Interrupt, 0, cancel)
	if ctx.Err() == nil {
		t.Error("it goes on")
	}
}
