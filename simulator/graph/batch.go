package graph

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// mostParts is how many requests a batch may hold. Source: https://learn.microsoft.com/graph/json-batching, read
// 2026-11-22.
const mostParts = 20

// part is one request of a batch.
type part struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batch runs up to twenty requests, in order, each throttled and refused on its own.
func (c *call) batch() reply {
	if c.method != http.MethodPost {
		return notAllowed()
	}
	var body struct {
		Requests []part `json:"requests"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil || len(body.Requests) == 0 {
		return failure(http.StatusBadRequest, "BadRequest", "Invalid batch payload format.")
	}
	if len(body.Requests) > mostParts {
		return failure(http.StatusBadRequest, "BadRequest", "Number of batch request steps exceeds the maximum value of %d.", mostParts)
	}
	if refused := checkParts(body.Requests); refused != nil {
		return *refused
	}
	statuses := map[string]int{}
	responses := []any{}
	for _, p := range body.Requests {
		answer := c.runPart(p, statuses)
		statuses[p.ID] = answer.status
		responses = append(responses, c.partResponse(p, answer))
	}
	return ok(map[string]any{"responses": responses})
}

// checkParts refuses a batch whose ids are missing, doubled or not there to depend on.
func checkParts(parts []part) *reply {
	seen := map[string]bool{}
	for _, p := range parts {
		if p.ID == "" || seen[strings.ToLower(p.ID)] || p.Method == "" || p.URL == "" {
			r := failure(http.StatusBadRequest, "BadRequest", "Invalid batch payload format: request ids must be present and unique.")
			return &r
		}
		for _, id := range p.DependsOn {
			if !seen[strings.ToLower(id)] {
				r := failure(http.StatusBadRequest, "BadRequest", "Invalid batch payload format: dependsOn must name earlier requests.")
				return &r
			}
		}
		seen[strings.ToLower(p.ID)] = true
	}
	return nil
}

func (c *call) runPart(p part, statuses map[string]int) reply {
	if slices.ContainsFunc(p.DependsOn, func(id string) bool { return statuses[id] >= 400 || statuses[id] == 0 }) {
		return failure(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on has failed.")
	}
	u, err := url.Parse("/" + c.version + "/" + strings.TrimPrefix(p.URL, "/"))
	if err != nil || strings.Contains(p.URL, "://") {
		return failure(http.StatusBadRequest, "BadRequest", "Invalid batch payload format: url must be relative.")
	}
	header := http.Header{}
	for name, value := range p.Headers {
		header.Set(name, value)
	}
	inner := newCall(c.s, strings.ToUpper(p.Method), u, header)
	inner.id = c.id
	if string(p.Body) != "null" {
		inner.body = p.Body
	}
	if len(inner.segments) == 1 && inner.segments[0] == "$batch" {
		return failure(http.StatusBadRequest, "BadRequest", "A batch may not hold a batch.")
	}
	answer := inner.serve()
	c.unknown = c.unknown || inner.unknown
	return answer
}

func (c *call) partResponse(p part, answer reply) map[string]any {
	ids := newIDs(http.Header{})
	headers := map[string]string{"request-id": ids.request}
	for name := range answer.header {
		headers[name] = answer.header.Get(name)
	}
	if answer.err != nil {
		answer.body = answer.err.envelope(ids, c.s.w.Now())
	}
	response := map[string]any{"id": p.ID, "status": answer.status, "headers": headers}
	if answer.body != nil {
		headers["Content-Type"] = "application/json"
		response["body"] = answer.body
	}
	return response
}
