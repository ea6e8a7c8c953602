//go:build !crashpoints

package cloud

import "net/http"

// send sends one request; what the crash tests build in its place is in send_crash.go.
func send(base http.RoundTripper, r *http.Request) (*http.Response, error) { return base.RoundTrip(r) }
