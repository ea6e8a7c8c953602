package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/problem"
)

func TestAServiceStopsAfterTheStepInHand(t *testing.T) {
	t.Parallel()
	stop, leave := make(chan struct{}), make(chan struct{})
	told := make(chan attendance, 100)
	asked := make(chan struct{})
	work := func() int {
		<-stop
		<-leave // the step in hand
		return exitFailed
	}
	code := make(chan int)
	go func() {
		code <- attend(work, func() { close(stop) }, asked, time.Millisecond, func(how attendance) {
			select {
			case told <- how:
			default:
			}
		})
	}()
	if first := <-told; first != atWork {
		t.Errorf("told %v at first", first)
	}
	close(asked)
	for range 3 { // the manager hears again and again that it takes a while
		if next := <-told; next != leaving {
			t.Errorf("told %v while it is stopping", next)
		}
	}
	close(leave)
	if got := <-code; got != exitDone {
		t.Errorf("ended with %d, and it ended because it was told to", got)
	}
}

func TestAServiceThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	var told []attendance
	got := attend(func() int { return exitUsage }, func() { t.Error("it was stopped") }, nil, time.Hour, func(how attendance) { told = append(told, how) })
	if got != exitUsage || !slices.Equal(told, []attendance{atWork}) {
		t.Errorf("ended with %d, told %v", got, told)
	}
}

// book is a diary in memory.
type book struct{ entries []string }

func (b *book) write(kind string, id uint32, text string) error {
	b.entries = append(b.entries, fmt.Sprint(kind, " ", id, " ", text))
	return nil
}
func (b *book) Info(id uint32, text string) error    { return b.write("info", id, text) }
func (b *book) Warning(id uint32, text string) error { return b.write("warning", id, text) }
func (b *book) Error(id uint32, text string) error   { return b.write("error", id, text) }

func TestADiaryHasOneEntryForEachRecord(t *testing.T) {
	t.Parallel()
	kept := &book{}
	sh := newShell(nil, nil, &bytes.Buffer{}, func(string) string { return "" })
	sh.diary, sh.flags.logLevel = kept, "info"
	log, err := sh.log()
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("too little")
	log.Info("listening", "address", "127.0.0.1:8420")
	log.With("app", "a").WithGroup("river").Warn("slow", "ms", 5)
	sh.say("stopping after the step in hand")
	sh.show(problem.NeedsPerson("rights.missing", "app", "may not", "grant it"))
	want := []string{
		"info 1 listening\naddress=127.0.0.1:8420", "warning 2 slow\napp=a river.ms=5", "info 1 stopping after the step in hand",
		"error 3 app: may not\ncode=rights.missing fix=\"grant it\"",
	}
	if !slices.Equal(kept.entries, want) {
		t.Errorf("the diary has\n%q\nwant\n%q", kept.entries, want)
	}
}

func TestTheServiceStartsWhatWasChecked(t *testing.T) {
	t.Parallel()
	i := installation{path: `C:\ProgramData\Keyturn\keyturn.yaml`, more: []string{"--listen", "none"}}
	if got := strings.Join(i.arguments(), " "); got != `serve --config C:\ProgramData\Keyturn\keyturn.yaml --listen none` {
		t.Errorf("started with %s", got)
	}
	if runtime.GOOS == "windows" {
		return // what follows would install it
	}
	for name, c := range map[string]struct {
		args []string
		code string
	}{
		"without a configuration": {[]string{"service", "install", "--config", filepath.Join(t.TempDir(), "none.yaml")}, ""},
		"flags before the dashes": {[]string{"service", "install", "serve"}, ""},
		"removed where none are":  {[]string{"service", "remove"}, "winservice.unsupported"},
	} {
		var errs bytes.Buffer
		sh := newShell(nil, &bytes.Buffer{}, &errs, func(string) string { return "" })
		if code := sh.run(context.Background(), c.args); code == exitDone {
			t.Errorf("%s: it did something", name)
		}
		if c.code != "" && !strings.Contains(errs.String(), "no Windows services") {
			t.Errorf("%s: %s", name, errs.String())
		}
	}
}
