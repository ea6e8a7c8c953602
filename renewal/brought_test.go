package renewal

import (
	"testing"
	"time"
)

// TestWhatARunHasBroughtIsKnownByItsMarks: nobody may sign in with it while the reports are to show who else does.
func TestWhatARunHasBroughtIsKnownByItsMarks(t *testing.T) {
	t.Parallel()
	verified := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	waits := Run{ID: "r", State: Overlapping, Attempt: 2, VerifiedAt: verified}
	delivers, over := waits, waits
	delivers.State, delivers.VerifiedAt = Delivering, time.Time{}
	over.State = Done
	for name, c := range map[string]struct {
		run          Run
		tag, receipt string
		brought      bool
	}{
		"its tag":                           {waits, "r.2", "written again", true},
		"the tag of an earlier attempt":     {waits, "r.1", "ours", false},
		"another run's tag":                 {waits, "q.2", "ours", false},
		"no tag, and the receipt":           {waits, "", "ours", true},
		"no tag, and a stranger's receipt":  {waits, "", "theirs", false},
		"nothing at all":                    {waits, "", "", false},
		"its tag, while it still delivers":  {delivers, "r.2", "ours", false},
		"its tag, after it has ended":       {over, "r.2", "ours", false},
		"the receipt, where no run is open": {Run{}, "", "ours", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.run.Brought(c.tag, c.receipt, Delivery{Receipt: "ours"}); got != c.brought {
				t.Errorf("brought: %v, want %v", got, c.brought)
			}
		})
	}
}
