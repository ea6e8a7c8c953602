package entra_test

import (
	"net/http"
	"strings"
	"testing"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer/entra"
)

const (
	managed   = "55555555-5555-5555-5555-555555555555"
	graphSP   = "66666666-6666-6666-6666-666666666666"
	elsewhere = "77777777-7777-7777-7777-777777777777"
)

// told is what a stand-in for Microsoft Graph answers, by part of the path: a body, with its status before it where it
// isn't 200. What isn't told is 404.
type told map[string]string

func (a told) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := r.URL.Path + "?" + r.URL.Query().Get("$filter")
	longest := ""
	for part := range a {
		if strings.Contains(target, part) && len(part) > len(longest) {
			longest = part
		}
	}
	status, body := http.StatusOK, a[longest]
	for text, code := range map[string]int{"403 ": 403, "400 ": 400, "429 ": 429} {
		if rest, found := strings.CutPrefix(body, text); found {
			status, body = code, rest
		}
	}
	if longest == "" {
		status, body = http.StatusNotFound, `{"error":{"code":"Request_ResourceNotFound","message":"no"}}`
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	cloudtest.Answer(w, status, body)
}

// stand returns the issuer of a stand-in, signed in with claims.
func stand(t *testing.T, claims cloudtest.Claims, answers http.Handler, edit func(*cloud.Options)) (*entra.Issuer, *cloudtest.Cloud, *cloud.Session) {
	t.Helper()
	c := cloudtest.Start(t, cloudtest.Granting(claims, answers.ServeHTTP))
	session := c.Open(t, edit)
	return entra.New(session, graph.New(session)), c, session
}

func managedApp() credential.App {
	return credential.App{
		ClientID: managed, ObjectID: "o", ServicePrincipalID: "s", Name: "Provision Assist", Audience: "AzureADMyOrg",
	}
}
