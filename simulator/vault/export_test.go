package vault

import "time"

// FillWindow makes the vault refuse the next request, as thousands within seconds would.
func FillWindow(v *Vault, now time.Time) { v.window = window{began: now, count: mostInWindow} }
