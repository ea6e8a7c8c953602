package web

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"keyturn/problem"
	"keyturn/server/access"
	"keyturn/store"
)

// About is what a Keyturn says of itself. Nothing in it lets anybody in anywhere.
type About struct {
	Release      string
	Tenant       string
	Cloud        string
	Identity     string // how Keyturn itself signs in
	Store        string // what remembers renewals, in a word
	Every        string // between two looks at the tenant
	SignIn       string // how people come in
	Applications int
	AddIns       []string // applications that are SharePoint add-ins

	Name, ObjectID string   // who Keyturn is, as the tenant knows it
	Rights         []string // what it may do in Microsoft Graph
	Trouble        error    // why Keyturn itself can't sign in; nil = it can
	Reports        string   // the tenant's report of use that renewals go by, or why there is none

	Parts []Part // what the program is made of beside its own

	Backlog store.Backlog // notices that wait
}

// Part is a module of others in the program.
type Part struct{ Module, Version, Licence string }

// aboutTimeout is how long a page waits for the tenant to say who Keyturn is.
const aboutTimeout = 5 * time.Second

func (p Pages) about(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.About, Here: "/about"}
	ctx, cancel := context.WithTimeout(r.Context(), aboutTimeout)
	defer cancel()
	told, err := p.About(ctx)
	return f, about(told, access.From(r.Context())), err
}

// issues are the known reasons for which a person's sign-in fails.
func issues() []problem.Known { return problem.KnownIssues() }
