package simulator

import (
	"encoding/json"
	"net/http"
	"time"

	"keyturn/simulator/world"
)

// fault writes the error of a fault in the host's own envelope.
func (h *held) fault(host string, now time.Time, f world.Fault) {
	status := orStatus(f.Status, http.StatusServiceUnavailable)
	if status == http.StatusTooManyRequests {
		h.header.Set("Retry-After", "5")
	}
	h.fail(host, now, status, faultCode(status), "The service is temporarily unavailable. Please try again later.")
}

// page writes what a guest network answers in everybody's place.
func (h *held) page(status int) {
	h.header.Set("Content-Type", "text/html; charset=utf-8")
	h.status = status
	h.body.WriteString("<!doctype html><title>Guest network</title><p>Accept our terms to go on.")
}

func faultCode(status int) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "ServiceUnavailable"
	case http.StatusGatewayTimeout:
		return "GatewayTimeout"
	case http.StatusTooManyRequests:
		return "TooManyRequests"
	case http.StatusBadGateway:
		return "BadGateway"
	case http.StatusUnauthorized:
		return "InvalidAuthenticationToken"
	case http.StatusForbidden:
		return "Forbidden"
	case http.StatusNotFound:
		return "NotFound"
	case http.StatusConflict:
		return "Conflict"
	}
	if status < 500 {
		return "BadRequest"
	}
	return "InternalServerError"
}

// fail writes an error the way the host would.
func (h *held) fail(host string, now time.Time, status int, code, message string) {
	var body any = map[string]any{"error": map[string]any{"code": code, "message": message}}
	switch {
	case isGraph(host):
		inner := map[string]any{"date": now.Format("2006-01-02T15:04:05"), "request-id": noID, "client-request-id": noID}
		body = map[string]any{"error": map[string]any{"code": code, "message": message, "innerError": inner}}
	case isLogin(host):
		stamp := now.Format("2006-01-02 15:04:05Z")
		body = map[string]any{
			"error": "temporarily_unavailable", "timestamp": stamp, "trace_id": noID, "correlation_id": noID, "error_codes": []int{90033},
			"error_description": "AADSTS90033: A transient error has occurred. Please try again. Trace ID: " + noID +
				" Correlation ID: " + noID + " Timestamp: " + stamp,
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, nil
	}
	h.header.Set("Content-Type", "application/json; charset=utf-8")
	h.status = status
	h.body.Reset()
	h.body.Write(text)
}

func isGraph(host string) bool {
	_, known := world.CloudOfGraph(host)
	return known
}

func isLogin(host string) bool {
	_, known := world.CloudOfLogin(host)
	return known
}

// noID stands where a request that was never served has no id.
const noID = "00000000-0000-0000-0000-000000000000"
