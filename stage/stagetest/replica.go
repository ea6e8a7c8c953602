package stagetest

import (
	"time"

	"keyturn/renewal"
)

// hide keeps a secret out of sight for a while, as a lagging replica does.
func (w *World) hide(keyID string, lag time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[keyID] = w.Time.Add(lag)
}

// blind is the key id that this look doesn't show.
func (w *World) blind() string {
	if w.Blind == 0 || w.Run.State != renewal.Retiring {
		return ""
	}
	w.Blind--
	attempt, _ := w.history.Current(w.Run.Attempt)
	return attempt.KeyID
}
