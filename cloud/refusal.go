package cloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Refusal is a service's answer that isn't success, reduced to what may be shown and decided by. It never holds the
// answer's body, which may repeat what was sent.
type Refusal struct {
	Status    int
	Codes     []string // the service's error codes, most specific first; empty where the answer has none
	AADSTS    int      // the number of a sign-in error; 0 = none
	OAuth     string   // the error of a sign-in, such as "invalid_client"
	Text      string   // the service's own sentence, scrubbed and cut
	RequestID string
	After     time.Duration // what the service asks to wait; 0 = it didn't say
	Method    string
	Host      string
	Page      bool     // a web page stands where the service always answers in JSON: somebody in between said it
	StepUp    bool     // a stronger sign-in is wanted, such as a second factor
	Policies  []string // ids of the Conditional Access policies that refused a sign-in, where the answer names them
}

// Code returns the most specific code, or the OAuth error, or "".
func (r *Refusal) Code() string {
	if len(r.Codes) > 0 {
		return r.Codes[0]
	}
	return r.OAuth
}

// Has reports whether the service named that code anywhere in its answer. Letter case doesn't count.
func (r *Refusal) Has(code string) bool {
	for _, c := range r.Codes {
		if strings.EqualFold(c, code) {
			return true
		}
	}
	return false
}

// Error renders status and code.
func (r *Refusal) Error() string { return strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, r.Code())) }

// envelope is what Microsoft's services answer with when they refuse: Graph, Key Vault and Resource Manager wrap a fault
// in "error", older parts of Microsoft.Web answer with the fault itself, and sign-ins with OAuth's fields. Names are
// compared without letter case.
type envelope struct {
	Error json.RawMessage `json:"error"`

	Description string          `json:"error_description"`
	Numbers     []int           `json:"error_codes"`
	Claims      string          `json:"claims"`
	Code        json.RawMessage `json:"code"`
	Message     json.RawMessage `json:"message"`
	Details     json.RawMessage `json:"details"`
	Inner       json.RawMessage `json:"innererror"`
}

type fault struct {
	Code    string          `json:"code"`
	Message string          `json:"message"`
	Inner   *fault          `json:"innererror"`
	Details json.RawMessage `json:"details"`
	Entity  *fault          `json:"errorEntity"`
}

// readRefusal reads what a refused answer says. The body is read whole and stays readable.
func readRefusal(answer *http.Response) *Refusal {
	r := &Refusal{
		Status: answer.StatusCode, RequestID: requestID(answer.Header), After: retryAfter(answer.Header),
		StepUp: asksForMore(answer.Header),
	}
	if answer.Request != nil {
		r.Method, r.Host = answer.Request.Method, answer.Request.URL.Hostname()
	}
	r.Page = strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") && isMicrosofts(r.Host)
	body, err := runtime.Payload(answer)
	if err != nil {
		return r // the status alone says enough
	}
	r.read(body)
	return r
}

func (r *Refusal) read(body []byte) {
	var e envelope
	if json.Unmarshal(body, &e) != nil && len(e.Error) == 0 && len(e.Code) == 0 {
		return
	}
	if oauth := textOf(e.Error); oauth != "" && (e.Description != "" || len(e.Numbers) > 0) {
		r.OAuth, r.Text = oauth, scrub(firstLine(e.Description))
		r.AADSTS, r.Policies = signInNumber(e), policiesIn(e.Claims)
		return
	}
	f := fault{Code: textOf(e.Code), Message: textOf(e.Message), Details: e.Details}
	if text := textOf(e.Error); text != "" && f.Message == "" {
		f.Message = text // no service's own shape, and no sign-in's either: somebody's on the way
	}
	if len(e.Error) > 0 && textOf(e.Error) == "" {
		f = faultOf(e.Error)
	} else if inner := faultOf(e.Inner); inner.Code != "" {
		f.Inner = &inner
	}
	r.Text = scrub(f.Message)
	r.Codes = f.codes()
}

// codes returns the codes of a fault, the most specific first: inner ones, then those of its details, then its own.
func (f fault) codes() []string {
	var found []string
	if f.Inner != nil {
		found = append(found, f.Inner.codes()...)
	}
	if f.Entity != nil {
		found = append(found, f.Entity.codes()...)
	}
	var details []json.RawMessage
	if json.Unmarshal(f.Details, &details) == nil {
		for _, detail := range details {
			found = append(found, faultOf(detail).codes()...)
		}
	}
	if f.Code != "" {
		found = append(found, f.Code)
	}
	return found
}

// faultOf reads one fault field by field, so that one of an unexpected kind doesn't hide the others.
func faultOf(raw json.RawMessage) fault {
	var fields map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &fields) != nil {
		return fault{}
	}
	var f fault
	for name, value := range fields {
		switch strings.ToLower(name) {
		case "code":
			f.Code = textOf(value)
		case "message":
			f.Message = textOf(value)
		case "details":
			f.Details = value
		case "innererror":
			inner := faultOf(value)
			f.Inner = &inner
		case "errorentity":
			entity := faultOf(value)
			f.Entity = &entity
		}
	}
	return f
}

func textOf(raw json.RawMessage) string {
	var text string
	if len(raw) == 0 || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// policiesIn reads the policies that a claims challenge names. The protocol's pages don't promise it, so what can't be read
// is nothing.
func policiesIn(claims string) []string {
	var asked struct {
		Token struct {
			Policies struct {
				Values []string `json:"values"`
			} `json:"capolids"`
		} `json:"access_token"`
	}
	if json.Unmarshal([]byte(claims), &asked) != nil {
		return nil
	}
	return asked.Token.Policies.Values
}

var aadsts = regexp.MustCompile(`AADSTS(\d+)`)

// signInNumber returns the number of a sign-in error: from its list, else from the sentence, as Microsoft's page advises.
// Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes (read 2026-11-22).
func signInNumber(e envelope) int {
	if len(e.Numbers) > 0 {
		return e.Numbers[0]
	}
	if match := aadsts.FindStringSubmatch(e.Description); match != nil {
		number, _ := strconv.Atoi(match[1]) // digits by the pattern; too many give 0, which is "none"
		return number
	}
	return 0
}

// requestID returns the id by which Microsoft finds a request again.
func requestID(header http.Header) string {
	for _, name := range []string{"request-id", "x-ms-request-id", "x-ms-correlation-request-id"} {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// longestAsked is how long a service may ask to wait. Microsoft's ask for seconds or minutes; whoever names days stands in between,
// and would stop everything for as long.
const longestAsked = time.Hour

// retryAfter reads how long to wait, [longestAsked] at most: milliseconds, seconds or a date, whichever the service gives.
func retryAfter(header http.Header) time.Duration {
	for _, name := range []string{"retry-after-ms", "x-ms-retry-after-ms"} {
		if ms, err := strconv.Atoi(header.Get(name)); err == nil && ms > 0 {
			return time.Duration(min(ms, int(longestAsked.Milliseconds()))) * time.Millisecond
		}
	}
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, int(longestAsked.Seconds()))) * time.Second
	}
	until, err := http.ParseTime(text)
	sent, dated := http.ParseTime(header.Get("Date"))
	if err == nil && dated == nil && until.After(sent) {
		return min(until.Sub(sent), longestAsked)
	}
	return 0
}
