//go:build crashpoints

package cloud

import (
	"io"
	"net/http"
	"net/url"

	"keyturn/house/crashpoint"
)

// send sends one request. A test may hold the program before and after one that may change something; one whose time is
// over isn't sent by any transport.
func send(base http.RoundTripper, r *http.Request) (answer *http.Response, err error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Context().Err() != nil {
		return base.RoundTrip(r)
	}
	step := &crashpoint.Step{Kind: "request", Act: r.Method + " " + r.URL.Host + r.URL.EscapedPath(), As: clientOf(r)}
	crashpoint.Around(step, func() {
		answer, err = base.RoundTrip(r)
		step.Unsent = err != nil && r.Context().Err() != nil
	})
	return answer, err
}

// clientOf returns who signs in with a request; "" = it is no sign-in.
func clientOf(r *http.Request) string {
	if r.GetBody == nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return ""
	}
	body, err := r.GetBody()
	if err != nil {
		return ""
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return ""
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return ""
	}
	return form.Get("client_id")
}
