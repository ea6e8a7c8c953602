package vault

import (
	"net/http"
	"time"
)

// A vault takes this many requests in each window, then answers 429 until the next.
// Source: learn.microsoft.com/azure/key-vault/general/service-limits, read 2026-11-22.
const (
	windowLength = 10 * time.Second
	mostInWindow = 4000
)

// window counts the requests of one vault.
type window struct {
	began time.Time
	count int
}

// throttle counts the request and refuses it when the vault's window is full; a gentle world never refuses.
func (c *call) throttle() *Failure {
	now := c.s.w.Now()
	w := &c.v.window
	if now.Sub(w.began) >= windowLength {
		*w = window{began: now}
	}
	w.count++
	if w.count <= mostInWindow || c.s.w.Gentle() {
		return nil
	}
	return &Failure{
		Status: http.StatusTooManyRequests, Code: "Throttled", retryAfter: "1",
		Message: "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
	}
}
