package inventory

import (
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/target"
)

// TestWhatIsBeingProvenIsNotTried: doctor's own sign-in would be taken for a consumer's.
func TestWhatIsBeingProvenIsNotTried(t *testing.T) {
	t.Parallel()
	open := Memory{
		Last:       renewal.Run{ID: "r", State: renewal.Overlapping, VerifiedAt: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)},
		Deliveries: map[string]renewal.Delivery{"vault": {Receipt: "ours"}},
	}
	over := open
	over.Last.State = renewal.Done
	ours := target.Standing{Receipt: "ours"}
	switch {
	case !open.isProving("vault", ours):
		t.Error("what an open run brought everywhere is tried")
	case open.isProving("vault", target.Standing{Receipt: "a stranger's"}), open.isProving("setting", target.Standing{}):
		t.Error("what it didn't bring isn't tried")
	case over.isProving("vault", ours), Memory{}.isProving("vault", ours):
		t.Error("nothing is tried although no run is open")
	}
}
