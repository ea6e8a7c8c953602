package graph

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// readWhole keeps a request's body, unpacked: Graph's own SDKs for Go and Java pack every body they send, and send it plain
// after a 415 alone. Source: https://github.com/microsoft/kiota-http-go (CompressionHandler), read 2026-11-26.
func (c *call) readWhole(r *http.Request) *reply {
	plain, err := io.Reader(r.Body), error(nil)
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		plain, err = gzip.NewReader(r.Body)
	default:
		return refusal(failure(http.StatusUnsupportedMediaType, "BadRequest", "The content encoding of the request is not supported."))
	}
	if err == nil {
		c.body, err = io.ReadAll(io.LimitReader(plain, longestBody+1))
	}
	switch {
	case err != nil:
		return refusal(unreadable())
	case len(c.body) > longestBody:
		return refusal(failure(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is too large."))
	}
	return nil
}

func refusal(r reply) *reply { return &r }

func unreadable() reply {
	return failure(http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and "+
		"payload is of valid JSON format.")
}
