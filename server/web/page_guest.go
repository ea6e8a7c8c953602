package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server/guest"
)

// Room is where people sign in at Microsoft with rights of their own.
type Room interface {
	Begin(ctx context.Context, ask guest.Ask) (guest.Visit, error)
	See(ctx context.Context) guest.Visit
	End(ctx context.Context)
}

// visit shows how a person's own sign-in at Microsoft stands, and the ways to begin one.
func (p Pages) visit(r *http.Request) (frame, templ.Component, error) {
	f := frame{Title: texts.OwnRights, Here: "/about"}
	now := p.Room.See(r.Context())
	f.Waiting = now.State == guest.Waiting
	return f, ownRights(now, p.Password), nil
}

// beginVisit begins a sign-in. A password goes to Microsoft once, and is forgotten.
func (p Pages) beginVisit(w http.ResponseWriter, r *http.Request) {
	ask := guest.Ask{How: problem.Way(r.PostFormValue("how")), Login: r.PostFormValue("login"), Password: secret.New(r.PostFormValue("password"))}
	if texts.Ways[ask.How] == "" {
		tell(w, r, http.StatusBadRequest, frame{Title: texts.OwnRights, Here: "/about"},
			problem.NeedsPerson("query.invalid", "the form", "names no way to sign in", "go back and choose one"))
		return
	}
	if _, err := p.Room.Begin(r.Context(), ask); err != nil {
		tell(w, r, http.StatusConflict, frame{Title: texts.OwnRights, Here: "/about"}, err)
		return
	}
	http.Redirect(w, r, visitAddress, http.StatusSeeOther)
}

func (p Pages) endVisit(w http.ResponseWriter, r *http.Request) {
	p.Room.End(r.Context())
	http.Redirect(w, r, visitAddress, http.StatusSeeOther)
}

// visitAddress is where a person signs in with rights of their own, and comes back to.
const visitAddress = "/about/sign-in"
