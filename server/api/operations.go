package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"keyturn/server/access"
)

// operations lists all that programs may ask for. A new operation is one line here and one function.
func (a *API) operations() {
	at := func(id, method, path, summary string, errors ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: "/api/v1" + path, Summary: summary, MaxBodyBytes: mostBody,
			Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}, errors...),
		}
	}
	const malformed, large, media = http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType
	const bad, gone, clash, stale, missing = http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired

	add(a, access.Viewer, at("getMe", "GET", "/me", "Who you are, and what you may do"), a.me)
	add(a, access.Viewer, at("getOverview", "GET", "/overview", "Everything at a glance"), a.overview)
	add(a, access.Viewer, at("listApplications", "GET", "/applications", "Applications with where each stands", bad), a.applications)
	add(a, access.Viewer, at("getApplication", "GET", "/applications/{app}", "One application: places, credentials, evidence, next date, renewals", bad, gone), a.application)
	add(a, access.Viewer, at("verifyAudit", "GET", "/applications/{app}/audit-chain", "Whether an application's audit log holds together", bad), a.chain)
	add(a, access.Viewer, at("listCredentials", "GET", "/credentials", "Secrets and certificates that the last look at the tenant saw, what ends first first", bad), a.credentials)
	add(a, access.Viewer, at("listTargets", "GET", "/targets", "Places that hold secrets, with the proof that each reached", bad), a.targets)
	add(a, access.Viewer, at("listFindings", "GET", "/findings", "What keeps applications from being renewed by themselves"), a.findings)
	add(a, access.Viewer, at("listNotices", "GET", "/notices", "What people were told in the last month, and what is still to be sent, newest first", bad), a.noticed)
	add(a, access.Viewer, at("listRuns", "GET", "/runs", "Renewals, newest first", bad), a.runs)
	add(a, access.Viewer, at("getRun", "GET", "/runs/{run}", "One renewal with all that is kept of it; its ETag is its version", bad, gone), a.run)
	add(a, access.Viewer, at("listAudit", "GET", "/audit", "The audit log, newest first", bad), a.audit)
	add(a, access.Viewer, at("getSettings", "GET", "/settings", "Versions, the identity in use, and what is configured"), a.settings)

	add(a, access.Operator, slow(at("planRenewal", "POST", "/applications/{app}/plan", "What a renewal would do; nothing is changed", bad, gone, clash, malformed, large, media)), a.plan)
	add(a, access.Operator, slow(created(at("startRun", "POST", "/runs", "Begin a renewal; while one is open, that is returned", bad, gone, clash, malformed, large, media))), a.start)
	add(a, access.Operator, slow(at("resumeRun", "POST", "/runs/{run}/resume", "Go on with a renewal that stands still", bad, gone, clash, stale, missing, malformed, large, media)), a.resume)
	add(a, access.Operator, slow(at("abortRun", "POST", "/runs/{run}/abort", "End a renewal for good, breaking nothing", bad, gone, clash, stale, missing)), a.abort)
	add(a, access.Approver, slow(at("approveRun", "POST", "/runs/{run}/approve", "Let a renewal go on that somebody else asked for", bad, gone, clash, stale, missing)), a.approve)

	add(a, access.Operator, at("getSignIn", "GET", "/sign-in", "Your own sign-in at Microsoft, for renewals that need a person's rights"), a.visit)
	add(a, access.Operator, slow(at("beginSignIn", "POST", "/sign-in", "Sign in at Microsoft; what to do next comes back", bad, clash, malformed, large, media)), a.beginVisit)
	add(a, access.Operator, noContent(at("endSignIn", "DELETE", "/sign-in", "End your own sign-in at Microsoft")), a.endVisit)

	add(a, access.Admin, at("listTokens", "GET", "/tokens", "API tokens, without what proves them"), a.tokens)
	add(a, access.Admin, created(at("createToken", "POST", "/tokens", "Make an API token; it is shown this once", bad, malformed, large, media)), a.createToken)
	add(a, access.Admin, noContent(at("revokeToken", "DELETE", "/tokens/{token}", "End an API token at once, for good", bad, gone)), a.revokeToken)
}

// describe adds to the document what the library can't know of an operation.
func (a *API) describe(op huma.Operation) {
	at := a.api.OpenAPI().Paths[op.Path]
	switch {
	case op.Method == http.MethodGet:
		at.Get.Responses["304"] = &huma.Response{Description: "You have it already: see If-None-Match"}
	case op.DefaultStatus == http.StatusCreated && op.OperationID == "startRun":
		open := *at.Post.Responses["201"]
		open.Description = "It was open already"
		at.Post.Responses["200"] = &open
	}
}

// slowly marks an operation that asks the cloud while whoever sent it waits.
const slowly = "x-keyturn-asks-the-cloud"

func slow(op huma.Operation) huma.Operation {
	op.Extensions = map[string]any{slowly: true}
	return op
}

func created(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusCreated
	return op
}

func noContent(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusNoContent
	return op
}

// add makes an operation of a function, for those who have at least that role.
func add[I, O any](a *API, least access.Role, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	if op.Extensions == nil {
		op.Extensions = map[string]any{}
	}
	_, isSlow := op.Extensions[slowly]
	op.Extensions["x-keyturn-role"] = least.String()
	op.Description = "Takes the role " + least.String() + "."
	a.recorder.least, a.recorder.slow = least, isSlow
	defer a.describe(op)
	huma.Register(a.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		return out, fail(err)
	})
}
