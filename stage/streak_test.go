package stage

import (
	"testing"
	"time"
)

func TestStreakIsEnough(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	type try struct {
		after    time.Duration
		accepted int
	}
	every := func(from, to, step time.Duration, accepted int) (tries []try) {
		for at := from; at <= to; at += step {
			tries = append(tries, try{at, accepted})
		}
		return tries
	}
	for name, c := range map[string]struct {
		want  int
		over  time.Duration
		tries []try
		ok    bool
	}{
		"no try yet":                                   {want: 5, over: time.Minute},
		"enough at once when no time is asked":         {want: 5, tries: []try{{0, 5}}, ok: true},
		"too few":                                      {want: 5, tries: []try{{0, 4}}},
		"enough, yet in too short a time":              {want: 5, over: time.Minute, tries: every(0, 57*time.Second, 3*time.Second, 2)},
		"enough over the time asked":                   {want: 5, over: time.Minute, tries: every(0, time.Minute, 3*time.Second, 2), ok: true},
		"a refusal begins the streak anew":             {want: 2, over: time.Minute, tries: append(every(0, 58*time.Second, 2*time.Second, 2), try{time.Minute, 0}, try{62 * time.Second, 2})},
		"a late refusal makes the streak longer":       {want: 5, over: time.Minute, tries: append(every(0, 10*time.Minute, 3*time.Second, 0), every(603*time.Second, 700*time.Second, 3*time.Second, 2)...)},
		"half as long as the lateness, and it is good": {want: 5, over: time.Minute, tries: append(every(0, 10*time.Minute, 3*time.Second, 0), every(603*time.Second, 903*time.Second, 3*time.Second, 2)...), ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := streak{want: c.want, over: c.over, born: start}
			now := start
			for _, try := range c.tries {
				now = start.Add(try.after)
				s.count(now, try.accepted)
			}
			if got := s.enough(now); got != c.ok {
				t.Errorf("enough = %v, want %v (%s)", got, c.ok, s.String())
			}
		})
	}
}
