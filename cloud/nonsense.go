package cloud

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"keyturn/problem"
)

// Unreadable is the problem of a good answer about subject that can't be understood, or that lacks what every answer of its kind
// has. err is why; only what it says of a field is told, since the rest are words of Go. Nothing that Microsoft's services
// answer is like that, so somebody in between is who answered; wrote says that a write may have happened before.
func Unreadable(err error, subject string, wrote bool) *problem.Error {
	message := "the answer can't be understood"
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) && typed.Field != "" {
		message += `: "` + scrub(typed.Field) + `" is something else than it should be`
	}
	found := between(message)
	found.Subject, found.Doubtful, found.Err = subject, wrote, err
	return found
}

// between is the problem of an answer that isn't Microsoft's.
func between(message string) *problem.Error {
	return &problem.Error{Class: problem.Retry, Code: problem.Between, Message: message, Fix: fixBetween}
}

// isPage reports whether a web page came in place of a good answer of a service that always answers in JSON.
func isPage(answer *http.Response) bool {
	return answer.StatusCode < http.StatusMultipleChoices && answer.Request != nil && answer.Request.URL.Scheme == "https" &&
		strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") && isMicrosofts(answer.Request.URL.Hostname())
}

// page is the problem of such an answer.
func page(r *http.Request) error {
	found := between("a web page came in place of the answer of " + r.URL.Hostname())
	found.Doubtful = changes(r.Method)
	return found
}
