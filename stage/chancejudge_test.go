package stage_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keyturn/renewal"
	"keyturn/stage/stagetest"
)

// suffers judges a place whose consumers fail now. It is called while the world is locked.
func (g *life) suffers(place string) {
	if g.wrong != "" {
		return
	}
	holds := g.Inside()[place]
	g.revoked = g.revoked || g.Run.Order.Emergency && g.Run.Order.RoomKeyID != ""
	expired := !g.Time.Before(g.ends)
	revoked := g.Run.Order.Emergency && g.Run.Order.RoomKeyID != ""
	switch {
	case expired && g.luck.AddIn && g.Time.Before(g.Run.DeliveredAt.Add(stagetest.Spreading)), expired && g.Run.DeliveredAt.IsZero():
	case holds == "xyz-foreign-value-long" && g.Asked == "make room": // a stranger put it there
	case place == "late" && g.Flight > 0: // which can't be asked whether an earlier write has arrived since
	case g.luck.Longest == 24*time.Hour && g.World.Time.Sub(g.began) > 24*time.Hour:
	case g.Asked == "reuse" && g.luck.Stolen != "" && g.World.Stolen == "":
	case holds == g.old && (expired || g.revoked), revoked && (g.luck.AddIn || g.did["abort"]):
	case g.luck.Stolen != "" && strings.HasSuffix(holds, "-issued-value-long") && g.World.Stolen == "":
	case holds == "value-of-the-installer":
	default:
		g.wrong = fmt.Sprintf("consumers of %s fail while %s: it holds %s", place, g.Run.State, holds)
	}
}

// judge looks at the end.
func (g *life) judge() {
	g.removals()
	if g.Run.State == renewal.Done && g.wrong == "" {
		g.whole()
	}
}

// removals: only what the plan named went, the old secret when its time had come, and attempts of ours.
func (g *life) removals() {
	for _, r := range g.Removed {
		o := r.Run.Order
		switch {
		case strings.HasPrefix(r.KeyID, "new-key") || r.KeyID == o.RoomKeyID:
		case r.KeyID != r.Run.Retires:
			g.wrong = "it removed " + r.KeyID + ", which is foreign"
		case r.At.Sub(r.Run.GateAt) > 5*time.Minute+g.Flight || r.Run.DeliveredAt.IsZero() || r.Run.State != renewal.Retiring && g.Flight == 0:
			g.wrong = "the old secret went without the gate"
		case r.At.Before(r.Run.DeliveredAt.Add(o.Overlap)) && r.At.Before(o.RetiresEnd):
			g.wrong = "the old secret went before the overlap was over"
		}
	}
}

// whole: every place holds the new secret, and nothing of ours is left beside it.
func (g *life) whole() {
	attempts := g.Attempts()
	at := slices.IndexFunc(attempts, func(a renewal.Attempt) bool { return a.N == g.Run.Attempt })
	if at < 0 {
		g.wrong = "the run is done without an attempt"
		return
	}
	made := attempts[at]
	value := g.Live()[made.KeyID]
	if value == "" && g.luck.Stolen != "" && (g.luck.Lag > 0 || g.luck.Slow > 0) {
		return // a replica showed it when the gate was asked
	}
	if value == "" {
		g.wrong = "the new secret isn't there"
		return
	}
	for place, holds := range g.Contents() {
		if holds != value && !g.meddled() {
			g.wrong = fmt.Sprintf("%s holds %s, not the new secret", place, holds)
		}
	}
	for _, c := range g.Held() {
		switch {
		case c.KeyID == made.KeyID, c.KeyID == stagetest.ForeignKey, c.KeyID == "hand-key", g.known[c.KeyID]:
		case c.KeyID == stagetest.OldKey && g.Run.Retires != stagetest.OldKey:
		case (len(g.luck.Deny) > 0 || g.did["abort"]) && (g.Flight > 0 || g.luck.Late > 0 || g.luck.Lag > 0 || g.luck.Slow > 0): // taken for never made: the next plan tells of it
		default:
			g.wrong = "an orphan is left: " + c.KeyID + ", " + c.DisplayName
		}
	}
	if left := g.Orphans(); len(left) > 0 && g.luck.Stolen == "" && !(g.did["abort"] && g.Flight > 0) {
		g.wrong = fmt.Sprintf("keys of %v are left", left)
	}
}
