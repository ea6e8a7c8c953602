package cloud

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"

	"keyturn/problem"
)

// Classify turns any failure of a request into a [problem.Error] about subject: refusals by status and the service's
// codes, sign-ins by their number, broken connections by the kind of break. Doubtful is set where a write may have
// happened all the same: no answer, a 408 or a 5xx. An error that already is a problem is returned as it is; nil gives nil.
//
// The cause stays reachable by errors.As as a [*Refusal] or the network's error, never as something whose text shows an
// answer's body.
func Classify(err error, subject string) error {
	if err == nil {
		return nil
	}
	var found *problem.Error
	if errors.As(err, &found) {
		return about(found, subject)
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return classifyRefusal(refusal, subject)
	}
	if answer := answerIn(err); answer != nil {
		return classifyRefusal(readRefusal(answer), subject)
	}
	var absent *missing
	if errors.As(err, &absent) {
		return problem.NeedsPerson("identity.none", subject, "the identity "+absent.name+" isn't there: "+absent.why,
			"set what is missing, or choose another identity in the configuration")
	}
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) {
		return problem.NeedsPerson("identity.failed", subject, "the sign-in failed: "+scrub(failed.Error()),
			"check the identity that Keyturn signs in with")
	}
	return classifyBroken(err, subject)
}

// FromResponse is [Classify] for an answer that isn't success.
func FromResponse(answer *http.Response, subject string) error {
	return Classify(runtime.NewResponseError(answer), subject)
}

// about names the object of a problem that has none yet.
func about(found *problem.Error, subject string) error {
	if found.Subject != "" || subject == "" {
		return found
	}
	named := *found
	named.Subject = subject
	return &named
}

// answerIn returns the answer that a library's error holds.
func answerIn(err error) *http.Response {
	var refused *azcore.ResponseError
	if errors.As(err, &refused) && refused.RawResponse != nil {
		return refused.RawResponse
	}
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		return failed.RawResponse
	}
	var called msal.CallErr
	if errors.As(err, &called) {
		return called.Resp
	}
	return nil
}

// classifyRefusal decides by the sign-in's number, else by the codes from the most specific on, else by the status.
func classifyRefusal(r *Refusal, subject string) error {
	if r.AADSTS != 0 || r.OAuth != "" {
		return signInRule(r).problem(r, subject)
	}
	if r.StepUp {
		return mfaRule.problem(r, subject)
	}
	for _, code := range r.Codes {
		if rule, known := ruleByCode[strings.ToLower(code)]; known {
			return rule.problem(r, subject)
		}
	}
	if r.Page && r.Status < http.StatusInternalServerError {
		return betweenRule.problem(r, subject)
	}
	return ruleByStatus(r.Status).problem(r, subject)
}

// rule says what a refusal means.
type rule struct {
	class   problem.Class
	code    string
	message string // "" = the service's own sentence
	quote   bool   // the service's sentence names what a person needs, and follows the message
	fix     string
	after   time.Duration // for Retry, where the service doesn't say
}

func (u rule) problem(r *Refusal, subject string) error {
	p := &problem.Error{
		Class: u.class, Code: u.code, Subject: subject, Message: u.sentence(r), Fix: u.fixFor(r),
		RequestID: r.RequestID, Err: r,
	}
	if u.class == problem.Retry {
		p.After = r.After
		if p.After == 0 {
			p.After = u.after
		}
	}
	p.Doubtful = (r.Status >= 500 || r.Status == http.StatusRequestTimeout) && r.writes()
	return p
}

func (u rule) sentence(r *Refusal) string {
	text := u.message
	switch {
	case text == "" && r.Text != "":
		text = r.Text
	case text == "":
		text = "the service refused the request"
	case u.quote && r.Text != "":
		text += ": " + r.Text
	}
	if r.AADSTS != 0 {
		return fmt.Sprintf("%s (AADSTS%d)", text, r.AADSTS)
	}
	return fmt.Sprintf("%s (%s)", text, r.Error())
}

// fixFor fills in the one thing that depends on who refused: the rights that Microsoft Graph wants.
func (u rule) fixFor(r *Refusal) string {
	switch {
	case u.code != problem.Denied || !strings.Contains(r.Host, "graph"):
		return u.fix
	case r.writes():
		return fixGraphRights
	}
	return fixGraphReads
}

func (r *Refusal) writes() bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// unreadable is an answer that can't be understood, or a request that must not be sent.
func unreadable(subject, message string) error {
	return &problem.Error{Class: problem.Permanent, Code: "answer.unreadable", Subject: subject, Message: message}
}
