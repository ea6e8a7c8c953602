package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"keyturn/store"
)

// TestNoWindowGetsMoreThanTheRate: whatever is asked for and when, no stretch of time is granted more than its shares and
// one burst, and a share is to be had when the wait is over.
func TestNoWindowGetsMoreThanTheRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := store.Rate{Every: time.Duration(rapid.IntRange(1, 1000).Draw(t, "every")) * time.Millisecond, Burst: rapid.IntRange(1, 40).Draw(t, "burst")}
		now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
		var spent, held time.Time
		type grant struct {
			at  time.Time
			got int
		}
		var grants []grant
		for range rapid.IntRange(1, 60).Draw(t, "draws") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "later")) * time.Millisecond)
			if rapid.IntRange(0, 9).Draw(t, "hold") == 0 {
				held = now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "held")) * time.Millisecond)
			}
			got, after, wait := rate.Grant(now, spent, held, rapid.IntRange(1, 50).Draw(t, "want"))
			if got > 0 && (wait != 0 || now.Before(held)) || got == 0 && wait <= 0 {
				t.Fatalf("%d granted, to wait %s, held until %s", got, wait, held)
			}
			if got == 0 {
				if again, _, _ := rate.Grant(now.Add(wait), after, held, 1); again != 1 {
					t.Fatalf("none after the wait of %s", wait)
				}
			}
			spent = after
			grants = append(grants, grant{now, got})
		}
		for i := range grants {
			sum := 0
			for j := i; j < len(grants); j++ {
				sum += grants[j].got
				if most := rate.Burst + int(grants[j].at.Sub(grants[i].at)/rate.Every) + 1; sum > most {
					t.Fatalf("%d granted within %s, at most %d fit", sum, grants[j].at.Sub(grants[i].at), most)
				}
			}
		}
	})
}

// TestAClockThatWasSetBackStopsNoBudget: what it leaves behind lies ahead, and counts as of now.
func TestAClockThatWasSetBackStopsNoBudget(t *testing.T) {
	t.Parallel()
	rate := store.Rate{Every: time.Minute, Burst: 10}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	tomorrow := now.Add(24 * time.Hour)
	if got, after, wait := rate.Grant(now, tomorrow, time.Time{}, 1); got != 0 || !after.Equal(now) || wait != rate.Every {
		t.Errorf("spent tomorrow: %d, then %s, to wait %s", got, after, wait)
	}
	if got, _, wait := rate.Grant(now, time.Time{}, tomorrow, 1); got != 1 || wait != 0 {
		t.Errorf("held until tomorrow: %d, to wait %s", got, wait)
	}
	if got, _, wait := rate.Grant(now, time.Time{}, now.Add(store.LongestHold), 1); got != 0 || wait != store.LongestHold {
		t.Errorf("held for as long as may be: %d, to wait %s", got, wait)
	}
}
