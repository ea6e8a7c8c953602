package engine

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestAClockThatJumpedIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by   time.Duration
		want string // "" = nothing is said
	}{
		"as usual":             {0, ""},
		"a little ahead":       {jumpTold, ""},
		"a little behind":      {-jumpTold, ""},
		"the machine slept":    {8*time.Hour + 400*time.Millisecond, "clock jumped ahead: it was set, or the machine slept\" by=8h0m0s"},
		"somebody set it back": {-time.Hour, "clock was set back\" by=1h0m0s"},
	} {
		var said bytes.Buffer
		e := &Engine{Options: Options{Log: slog.New(slog.NewTextHandler(&said, nil))}}
		e.warnOfJump(c.by)
		if got := said.String(); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: said %q, want %q", name, got, c.want)
		}
	}
}

// What passes by the machine's own seconds is no jump; a reading without them, as from a file, can't show one.
func TestTimeThatPassesIsNoJump(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for name, now := range map[string]time.Time{"a minute": began.Add(time.Minute), "nothing": began, "without the machine's seconds": began.Add(time.Hour).Round(0)} {
		if by := jump(began, now); by != 0 {
			t.Errorf("%s: jumped by %s", name, by)
		}
	}
}
