package access

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"keyturn/problem"
)

// Details tell a program what went wrong, as RFC 9457 has it (https://www.rfc-editor.org/rfc/rfc9457, read 2026-11-25),
// with our stable code and the fix beside it.
type Details struct {
	Type   string  `json:"type" doc:"Where the code is explained"`
	Title  string  `json:"title" doc:"The status in words"`
	Status int     `json:"status" doc:"The HTTP status"`
	Detail string  `json:"detail" doc:"What happened, to what"`
	Code   string  `json:"code" doc:"Stable, see docs/codes.md"`
	Fix    string  `json:"fix,omitempty" doc:"What to do next"`
	Errors []Fault `json:"errors,omitempty" doc:"What is wrong with single fields of the request"`
}

// Fault is what is wrong with one field of a request. What was sent is not repeated.
type Fault struct {
	Location string `json:"location,omitempty" doc:"Where, such as body.role"`
	Message  string `json:"message"`
}

// Error makes it an error.
func (d *Details) Error() string { return d.Detail }

// GetStatus is the HTTP status.
func (d *Details) GetStatus() int { return d.Status }

// ContentType is that of RFC 9457 wherever JSON is spoken.
func (d *Details) ContentType(string) string { return "application/problem+json" }

// DetailsOf tells of an error with a status.
func DetailsOf(status int, err error) *Details {
	found := problem.Of(err)
	return &Details{
		Type: "urn:keyturn:problem:" + found.Code, Title: http.StatusText(status), Status: status,
		Detail: problem.Sentence(err), Code: found.Code, Fix: found.Fix,
	}
}

// WriteDetails answers a request with what went wrong.
func WriteDetails(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(DetailsOf(status, err)) // whoever asked has gone: nobody is left to tell
}

// RetryAfter says when a request may be made again, in whole seconds.
func RetryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
}
