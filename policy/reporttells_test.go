package policy_test

import (
	"testing"
	"time"

	"keyturn/policy"
	"keyturn/renewal"
)

func TestAReportIsAskedOnlyOnceItCanTellAnything(t *testing.T) {
	t.Parallel()
	delivered := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		after   time.Duration
		overlap time.Duration
		want    bool
	}{
		"not right after delivery":                        {after: time.Minute, overlap: 14 * 24 * time.Hour},
		"once uses count as after delivery":               {after: 5 * time.Minute, overlap: 14 * 24 * time.Hour, want: true},
		"at any time where the overlap is over by itself": {after: time.Second, overlap: 0, want: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := renewal.Run{DeliveredAt: delivered, Order: renewal.Order{Overlap: test.overlap}}
			if got := policy.ReportTells(run, delivered.Add(test.after)); got != test.want {
				t.Errorf("ReportTells = %v, want %v", got, test.want)
			}
		})
	}
}
