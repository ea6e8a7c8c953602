package graph

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"keyturn/simulator/directory"
)

// reply is what a handler answers; err, when set, becomes the body.
type reply struct {
	status int
	body   any
	header http.Header
	err    *graphError
}

// graphError is Graph's error. Source: https://learn.microsoft.com/graph/errors, read 2026-11-22, and recorded answers.
type graphError struct{ code, message string }

// envelope is the body of an error, in Graph's order.
type envelope struct {
	Error struct {
		Code       string     `json:"code"`
		Message    string     `json:"message"`
		InnerError innerError `json:"innerError"`
	} `json:"error"`
}

type innerError struct {
	Date            string `json:"date"`
	RequestID       string `json:"request-id"`
	ClientRequestID string `json:"client-request-id"`
}

func (e *graphError) envelope(ids requestIDs, now time.Time) envelope {
	var body envelope
	body.Error.Code, body.Error.Message = e.code, e.message
	body.Error.InnerError = innerError{now.Format("2006-01-02T15:04:05"), ids.request, ids.client}
	return body
}

func failure(status int, code, format string, args ...any) reply {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return reply{status: status, err: &graphError{code, message}}
}

func malformed(format string, args ...any) reply {
	return failure(http.StatusBadRequest, "Request_BadRequest", format, args...)
}

func notFound(id string) reply {
	return failure(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

func denied() reply {
	return failure(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

func notAllowed() reply {
	return failure(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
}

// conflict is what a write answers while another one on the same object is under way.
func conflict() reply {
	return failure(http.StatusBadRequest, "Directory_ConcurrencyViolation",
		"Error due to concurrent requests being made to the tenant. Please wait briefly and retry.")
}

func tooMany(after time.Duration) reply {
	r := failure(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
	r.header = http.Header{"Retry-After": {strconv.Itoa(int((after + time.Second - 1) / time.Second))}}
	return r
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }
func noContent() reply  { return reply{status: http.StatusNoContent} }
func made(b any) reply  { return reply{status: http.StatusCreated, body: b} }

// noSegment answers a path that Graph does not know, and marks the call as unknown to the simulator.
func (c *call) noSegment(name string) reply {
	c.unknown = true
	return failure(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", name)
}

// requestIDs are the two ids on every answer.
type requestIDs struct{ request, client string }

// newIDs takes the client's request id when it is a GUID, as Graph does, and draws the rest.
func newIDs(h http.Header) requestIDs {
	ids := requestIDs{request: drawID(), client: h.Get("client-request-id")}
	if !directory.IsGUID(ids.client) {
		ids.client = ids.request
	}
	return ids
}

// drawID draws a GUID outside the world's lock.
func drawID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
