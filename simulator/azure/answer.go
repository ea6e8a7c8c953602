package azure

import (
	"fmt"
	"net/http"
	"strings"
)

// answer is what a call gets back; the writer puts it on the wire after the lock is let go.
type answer struct {
	status int
	body   any // nil: no body; string: plain text; else JSON
	header map[string]string

	raw         []byte // the body on the wire
	contentType string
}

func ok(body any) answer      { return answer{status: http.StatusOK, body: body} }
func created(body any) answer { return answer{status: http.StatusCreated, body: body} }
func empty(status int) answer { return answer{status: status} }
func list(items []any) answer { return ok(listBody{Value: items}) }

// listBody is a page of a listing.
type listBody struct {
	Value    []any  `json:"value"`
	NextLink string `json:"nextLink,omitempty"`
}

// withHeader adds a header to the answer.
func (a answer) withHeader(name, value string) answer {
	headers := map[string]string{name: value}
	for n, v := range a.header {
		headers[n] = v
	}
	a.header = headers
	return a
}

// errorDetail is the body of Resource Manager's error envelope.
type errorDetail struct {
	Code       string        `json:"code"`
	Message    string        `json:"message"`
	Target     string        `json:"target,omitempty"`
	Details    []errorDetail `json:"details,omitempty"`
	Additional []any         `json:"additionalInfo,omitempty"`
}

type envelope struct {
	Error errorDetail `json:"error"`
}

// fail is a refusal in Resource Manager's envelope.
func fail(status int, code, format string, args ...any) answer {
	return answer{status: status, body: envelope{errorDetail{Code: code, Message: fmt.Sprintf(format, args...)}}, header: map[string]string{"x-ms-failure-cause": "gateway"}}
}

// webError is the older shape of Microsoft.Web's own refusals.
type webError struct {
	Code       string `json:"Code"`
	Message    string `json:"Message"`
	Target     any    `json:"Target"`
	Details    []any  `json:"Details"`
	Innererror any    `json:"Innererror"`
}

// webFail is a refusal as Microsoft.Web words it.
func webFail(status int, code, format string, args ...any) answer {
	message := fmt.Sprintf(format, args...)
	entity := map[string]any{"ExtendedCode": "51021", "MessageTemplate": message, "Parameters": []any{}, "Code": code, "Message": message}
	return answer{status: status, body: webError{
		Code: code, Message: message,
		Details: []any{map[string]any{"Message": message}, map[string]any{"Code": code}, map[string]any{"ErrorEntity": entity}},
	}}
}

// automationFail is a refusal as Microsoft.Automation words it: code and message without an envelope.
func automationFail(status int, code, format string, args ...any) answer {
	return answer{status: status, body: map[string]string{"code": code, "message": fmt.Sprintf(format, args...)}}
}

func notFound(c *call) answer {
	p := c.at.last()
	named := p.namespace
	for i, t := range p.types {
		named += "/" + t
		if i < len(p.names) {
			named += "/" + p.names[i]
		}
	}
	return fail(http.StatusNotFound, "ResourceNotFound",
		"The Resource '%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", named, c.at.group)
}

func parentNotFound(c *call, parent string) answer {
	at := parsePath(parent)
	return fail(http.StatusNotFound, "ParentResourceNotFound",
		"Failed to perform '%s' on resource(s) of type '%s', because the parent resource '%s' could not be found.", verb(c.r.Method), strings.TrimPrefix(c.at.resourceType(), c.at.last().namespace+"/"), at.id())
}

func badContent(err error) answer {
	return fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '%s'.", err)
}

func methodNotAllowed(method, path string) answer {
	return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The http method '%s' is not supported for the request path '%s'.", method, path)
}

// verb is the last word of the action that a method stands for.
func verb(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "read"
	case http.MethodPut, http.MethodPatch:
		return "write"
	case http.MethodDelete:
		return "delete"
	}
	return "action"
}
