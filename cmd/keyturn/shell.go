package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"keyturn/cloud"
	"keyturn/cmd/keyturn/screen"
)

// shell is one call of the command: its streams, its flags and what was asked of it meanwhile.
type shell struct {
	in        io.Reader
	out, errs io.Writer
	env       func(string) string
	now       func() time.Time // the machine's clock
	flags     flags
	visitor   attending // who signs in for this one call
	launchFD  string    // file descriptor that a context token is read from; "" = none is handed over
	parts     parts
	logTo     io.Writer            // nil = errs, as much as --log-level asks for; else everything goes there
	diary     diary                // nil = there is a screen, or what stands for one
	hear      func(cloud.Exchange) // is told of every request; nil = nobody listens

	handing sync.Mutex // one secret is handed to the person at a time

	shown atomic.Pointer[screen.Progress] // what moves on the screen; nil = nothing does

	began atomic.Bool   // a command's own work has begun: what fails from here on isn't a mistake in usage
	soft  atomic.Bool   // the command stops softly by itself when stop is closed
	stop  chan struct{} // closed by the first Ctrl-C
}

// flags are those that every command takes.
type flags struct {
	config, tenant, cloud, identity, proxy, caFile, logLevel, logFormat string
}

func newShell(in io.Reader, out, errs io.Writer, env func(string) string) *shell {
	return &shell{in: in, out: out, errs: errs, env: env, now: time.Now, parts: newParts(), stop: make(chan struct{})}
}

// run carries one command line out and returns the exit code. An error is shown here and nowhere else.
func (sh *shell) run(ctx context.Context, args []string) int {
	root := newRoot(sh)
	root.SetArgs(args)
	root.SetIn(sh.in)
	root.SetOut(sh.out)
	root.SetErr(sh.errs)
	cmd, err := root.ExecuteContextC(ctx)
	var ended *verdict
	if err != nil && !sh.began.Load() || errors.As(err, &ended) && ended.code == exitUsage {
		err = misread(cmd, err)
	}
	sh.show(err)
	return exitCode(err)
}

// heedSignals lets the first Ctrl-C stop the work after the effect in hand, where the command knows how to, and the
// second end everything at once. A terminal that is closed stops the work like a first Ctrl-C, however often it says so. done gives
// the signals back.
func (sh *shell) heedSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings()...)
	go func() {
		count := 0
		for {
			select {
			case got := <-signals:
				count = sh.interrupted(got, count, cancel)
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}

// endings are the signals that stop the work. Who began it with nohup wants no closed terminal to do so.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// interrupted heeds one signal after count others, and returns how many there were that count.
func (sh *shell) interrupted(got os.Signal, count int, cancel context.CancelFunc) int {
	switch {
	case count > 0 && got == syscall.SIGHUP:
		return count
	case count > 0:
		signal.Reset(endings()...) // a third ends the process even if something hangs
		cancel()
		return count + 1
	}
	close(sh.stop)
	if sh.soft.Load() {
		sh.say("stopping after the step in hand; press Ctrl-C again to stop at once")
	} else {
		cancel()
	}
	return 1
}

// say tells a person something, on the stream that isn't data.
func (sh *shell) say(format string, args ...any) {
	if sh.inLines() {
		sh.lines(slog.LevelInfo).Info(fmt.Sprintf(format, args...))
		return
	}
	said := screen.StyleOf(sh.errs, sh.env).Fold(fmt.Sprintf(format+"\n", args...))
	_, _ = io.WriteString(sh.errs, said) // a lost message is no reason to stop
}

func (sh *shell) style() screen.Style { return screen.StyleOf(sh.out, sh.env) }
