package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"keyturn/problem"
	"keyturn/server/access"
)

// statuses are the answers to problems that are whoever asks's own; what isn't here is told by its class.
var statuses = map[string]int{
	"app.unknown": http.StatusNotFound, problem.NotFound: http.StatusNotFound, "token.unknown": http.StatusNotFound,
	"query.invalid": http.StatusUnprocessableEntity, "ask.invalid": http.StatusUnprocessableEntity, "token.invalid": http.StatusUnprocessableEntity,
	"role.insufficient": http.StatusForbidden, "approve.own": http.StatusForbidden,
	"run.changed": http.StatusPreconditionFailed, "version.missing": http.StatusPreconditionRequired,
}

// StatusOf is the HTTP status that tells of a problem: 409 where somebody must act first, 503 where it may pass by itself.
func StatusOf(err error) int {
	found := problem.Of(err)
	if status := statuses[found.Code]; status != 0 {
		return status
	}
	switch found.Class {
	case problem.Person:
		return http.StatusConflict
	case problem.Retry:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// fail is the answer to what went wrong; nil stays nil.
func fail(err error) error {
	if err == nil {
		return nil
	}
	status := StatusOf(err)
	if status != http.StatusServiceUnavailable {
		return access.DetailsOf(status, err)
	}
	wait := max(problem.Of(err).After, time.Second)
	return huma.ErrorWithHeaders(access.DetailsOf(status, err), http.Header{"Retry-After": {strconv.Itoa(int(wait.Seconds()))}})
}
