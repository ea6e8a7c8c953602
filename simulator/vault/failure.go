package vault

import (
	"fmt"
	"net/http"
)

// Failure is a refusal as the data plane says it.
type Failure struct {
	Status  int
	Code    string // error.code
	Inner   string // error.innererror.code, "" for none
	Message string
	// challenge, when set, goes out as WWW-Authenticate.
	challenge string
	// retryAfter, when set, goes out as Retry-After.
	retryAfter string
}

// Error says code and message.
func (f *Failure) Error() string { return f.Code + ": " + f.Message }

// announce sets the headers that belong to the refusal.
func (f *Failure) announce(h http.Header) {
	if f.challenge != "" {
		h.Set("WWW-Authenticate", f.challenge)
	}
	if f.retryAfter != "" {
		h.Set("Retry-After", f.retryAfter)
	}
}

// failureBody is the wire form; innererror is spelled in lower case here, unlike Graph's.
type failureBody struct {
	Error failureDetail `json:"error"`
}

type failureDetail struct {
	Code    string         `json:"code"`
	Message string         `json:"message,omitempty"`
	Inner   *failureDetail `json:"innererror,omitempty"`
}

func (f *Failure) body() failureBody {
	detail := failureDetail{Code: f.Code, Message: f.Message}
	if f.Inner != "" {
		detail.Inner = &failureDetail{Code: f.Inner}
	}
	return failureBody{Error: detail}
}

func bad(format string, args ...any) *Failure {
	return &Failure{Status: http.StatusBadRequest, Code: "BadParameter", Message: fmt.Sprintf(format, args...)}
}

func secretNotFound(name string) *Failure {
	return &Failure{
		Status: http.StatusNotFound, Code: "SecretNotFound",
		Message: "A secret with (name/id) " + name + " was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
	}
}

func certificateNotFound(name string) *Failure {
	return &Failure{
		Status: http.StatusNotFound, Code: "CertificateNotFound",
		Message: "A certificate with (name/id) " + name + " was not found in this key vault. If you recently deleted this certificate you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
	}
}

func forbidden(inner, format string, args ...any) *Failure {
	return &Failure{Status: http.StatusForbidden, Code: "Forbidden", Inner: inner, Message: fmt.Sprintf(format, args...)}
}

func conflict(inner, format string, args ...any) *Failure {
	return &Failure{Status: http.StatusConflict, Code: "Conflict", Inner: inner, Message: fmt.Sprintf(format, args...)}
}

func unknownOperation(method, path string) *Failure {
	return &Failure{Status: http.StatusNotFound, Code: "NotFound", Message: fmt.Sprintf("The requested operation %s %s does not exist.", method, path)}
}

func methodNotAllowed(method string) *Failure {
	return &Failure{Status: http.StatusMethodNotAllowed, Code: "MethodNotAllowed", Message: "The method " + method + " is not allowed on this resource."}
}
