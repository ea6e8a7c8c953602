package arm

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
	"keyturn/problem"
)

// classify turns an error of the wire into a problem about the resource subject.
func classify(err error, subject string) error {
	found := *problem.Of(cloud.Classify(err, subject))
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) || answer.RawResponse == nil {
		return &found
	}
	code, message := envelope(answer)
	if message != "" {
		found.Message = message
	}
	if apply, known := refusals[strings.ToLower(code)]; known {
		apply(&found, subject)
	} else if answer.StatusCode == http.StatusNotFound {
		found.Class, found.Code = problem.Permanent, problem.NotFound
	}
	return &found
}

// refusals says what ARM's own codes mean to a person. Source:
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors (read 2026-11-22).
var refusals = map[string]func(p *problem.Error, subject string){
	"authorizationfailed":       denied,
	"linkedauthorizationfailed": denied,
	"scopelocked": func(p *problem.Error, subject string) {
		p.Class, p.Code, p.Doubtful = problem.Person, problem.Locked, false
		p.Fix = "remove the ReadOnly lock on " + subject + " or above it, renew, and set it again"
	},
	"requestdisallowedbypolicy": func(p *problem.Error, subject string) {
		p.Class, p.Code, p.Doubtful = problem.Person, problem.Blocked, false
		p.Fix = "ask the owner of the Azure Policy named in the message for an exemption for " + subject
	},
	"requestdisallowedbyazure": func(p *problem.Error, _ string) {
		p.Class, p.Code, p.Doubtful = problem.Person, "mfa.required", false
		p.Fix = "Azure refuses changes by people who signed in without multi-factor authentication: sign in with it, or run Keyturn as a service principal or managed identity"
	},
	"resourcenotfound":      gone,
	"resourcegroupnotfound": gone,
	"subscriptionnotfound":  gone,
}

func denied(p *problem.Error, subject string) {
	p.Class, p.Code, p.Doubtful = problem.Person, problem.Denied, false
	p.Fix = "grant the action that the message names on " + subject + "; keyturn doctor --script prints it. A fresh grant takes minutes"
}

func gone(p *problem.Error, _ string) {
	p.Class, p.Code, p.Doubtful = problem.Permanent, problem.NotFound, false
}

// envelope reads code and message from ARM's error or from the older shape of Microsoft.Web, whose names are
// capitalised and not wrapped. JSON names are matched without letter case.
func envelope(answer *azcore.ResponseError) (code, message string) {
	type detail struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	var body struct {
		detail
		Error detail `json:"error"`
	}
	raw, err := runtime.Payload(answer.RawResponse)
	if err != nil || json.Unmarshal(raw, &body) != nil {
		return answer.ErrorCode, ""
	}
	if body.Error.Code != "" {
		return body.Error.Code, body.Error.Message
	}
	if body.Code != "" {
		return body.Code, body.Message
	}
	return answer.ErrorCode, body.Message
}
