package postgres

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/alarm"
	"keyturn/store/postgrestest"
)

// patience is how long a test waits for a signal that must come.
const patience = 30 * time.Second

// lines is a log as a signal: each line that is written is sent.
type lines chan string

// Write implements [io.Writer].
func (l lines) Write(line []byte) (int, error) {
	select {
	case l <- string(line):
	default: // nobody reads that many
	}
	return len(line), nil
}

// wait returns when a line that holds text was written.
func (l lines) wait(t *testing.T, text string) {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case line := <-l:
			if strings.Contains(line, text) {
				return
			}
		case <-late:
			t.Fatalf("nothing in the log says %q", text)
		}
	}
}

// asleep waits until the clock of a store was awake and sleeps: while it is awake it listens, and then it leads.
func asleep(t *testing.T, own *Store) {
	t.Helper()
	const awake = `(SELECT FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'
		UNION ALL SELECT FROM river_leader) AS sign`
	until := time.Now().Add(patience)
	for _, want := range []bool{true, false} {
		for (count(t, own, awake) > 0) != want {
			if time.Now().After(until) {
				t.Fatalf("the clock is awake: %v, waited in vain for %v", !want, want)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// sleeper is a clock that sleeps at the other end of a link, and what it calls.
func sleeper(t *testing.T) (l *link, own *Store, w *Waker, calls <-chan string, log lines) {
	t.Helper()
	address := postgrestest.Database(t)
	own, l = open(t, address), newLink(t, address)
	log = make(lines, 1000)
	w = waker(t, open(t, l.address), alarm.Options{Lull: time.Second, Log: slog.New(slog.NewTextHandler(log, nil))})
	called := make(chan string, 10)
	if err := w.Start(t.Context(), func(_ context.Context, run string, _ int64) error { called <- run; return nil }); err != nil {
		t.Fatal(err)
	}
	asleep(t, own)
	return l, own, w, called, log
}

func TestAClockThatCannotWakeUpTriesAgain(t *testing.T) {
	t.Parallel()
	l, own, w, calls, log := sleeper(t)
	l.set(func(l *link) { l.shut = true })
	l.cutAll()
	run, err := own.Begin(t.Context(), renewal.Run{ID: renewal.NewID(), App: "app"}, store.Told{})
	if err != nil {
		t.Fatal(err)
	}
	w.Rouse()
	log.wait(t, "could not wake the alarm clock")
	l.set(func(l *link) { l.shut = false })
	select {
	case got := <-calls:
		if got != run.ID {
			t.Errorf("called for %s, want %s", got, run.ID)
		}
	case <-time.After(patience):
		t.Fatal("the clock never woke up")
	}
}

// TestAClockIsStoppedWhileItWakesUp: with a server that is silent it waits for an answer that never comes.
func TestAClockIsStoppedWhileItWakesUp(t *testing.T) {
	t.Parallel()
	l, _, w, _, _ := sleeper(t)
	var once sync.Once
	asked := make(chan struct{})
	l.set(func(l *link) {
		l.still = true
		l.rule = func([]byte) verdict { once.Do(func() { close(asked) }); return pass }
	})
	w.Rouse()
	select {
	case <-asked:
	case <-time.After(patience):
		t.Fatal("the clock never asked the server")
	}
	stopped := make(chan error, 1)
	go func() { stopped <- w.Stop(t.Context()) }()
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("stop waits for the server")
	}
	l.set(func(l *link) { l.shut = true }) // so that the store is closed at once
	l.cutAll()
}
