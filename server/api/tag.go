package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// tagged gives what is read a tag, so that whoever has it already isn't sent it again. What is answered is small, so it is
// held back until it is whole.
func tagged(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held := &holding{ResponseWriter: w, status: http.StatusOK}
		inner.ServeHTTP(held, r)
		h := w.Header()
		if held.status == http.StatusOK {
			if h.Get("ETag") == "" {
				sum := sha256.Sum256(held.text.Bytes())
				h.Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
			}
			h.Set("Cache-Control", "private, no-cache")
			if matches(r.Header.Get("If-None-Match"), h.Get("ETag")) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		w.WriteHeader(held.status)
		_, _ = held.text.WriteTo(w) // whoever asked has gone: nobody is left to tell
	})
}

// matches compares as RFC 9110 section 13.1.2 has it: weakly (https://www.rfc-editor.org/rfc/rfc9110, read 2026-11-25).
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return header != ""
		}
	}
	return false
}

// holding keeps an answer back.
type holding struct {
	http.ResponseWriter
	status int
	text   bytes.Buffer
}

// WriteHeader keeps the status.
func (h *holding) WriteHeader(status int) { h.status = status }

// Write keeps the text.
func (h *holding) Write(text []byte) (int, error) { return h.text.Write(text) }
