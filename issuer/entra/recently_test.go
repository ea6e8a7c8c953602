package entra

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestWhatIsKeptIsReadAnewWhenItIsOld(t *testing.T) {
	t.Parallel()
	now, reads := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), 0
	var failure error
	var k recently[int]
	get := func() (int, error) {
		return k.get(t.Context(), func() time.Time { return now }, time.Minute, func(context.Context) (int, error) {
			reads++
			return reads, failure
		})
	}
	for i, c := range []struct {
		later time.Duration
		want  int
	}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {30 * time.Second, 2}, {-time.Hour, 3}, {time.Hour, 4}} {
		now = now.Add(c.later)
		if got, err := get(); got != c.want || err != nil {
			t.Errorf("%d: %d, want %d: %v", i, got, c.want, err)
		}
	}
	now, failure = now.Add(time.Hour), errors.New("away")
	if _, err := get(); err == nil {
		t.Error("a failed read is told as one that didn't fail")
	}
	failure = nil
	if got, err := get(); got != 6 || err != nil {
		t.Errorf("after a failed read: %d %v", got, err)
	}
}

// TestOnlyManyApplicationsWantTheWholeReport, and only for as long as they come close together.
func TestOnlyManyApplicationsWantTheWholeReport(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	var report tenantReport
	for i := range 10 {
		for range 3 {
			if got := report.many(fmt.Sprint("app ", i), now); got != (i >= fewApps) {
				t.Errorf("application %d: many %v", i+1, got)
			}
		}
	}
	if report.many("app 3", now.Add(reportLife+time.Second)) {
		t.Error("one application long after is one of many")
	}
}
