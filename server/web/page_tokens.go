package web

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"keyturn/problem"
	"keyturn/server/access"
)

// Tokens are the passes of programs, without what proves them.
type Tokens interface {
	Tokens(ctx context.Context) ([]access.Token, error)
	Revoke(ctx context.Context, id string) error
}

// tokensAddress is where the tokens of programs are listed.
const tokensAddress = "/about/tokens"

func (p Pages) tokens(r *http.Request) (frame, templ.Component, error) {
	list, err := p.Tokens.Tokens(r.Context())
	return frame{Title: texts.Tokens, Here: "/about"}, tokenList(list, time.Now()), err
}

// revoke ends a token at once, and shows the others.
func (p Pages) revoke(w http.ResponseWriter, r *http.Request) {
	if err := p.Tokens.Revoke(r.Context(), r.PathValue("token")); err != nil {
		status := http.StatusServiceUnavailable
		if problem.Is(err, "token.unknown") {
			status = http.StatusNotFound
		}
		tell(w, r, status, frame{Title: texts.Tokens, Here: "/about"}, err)
		return
	}
	http.Redirect(w, r, tokensAddress, http.StatusSeeOther)
}

// tokenState is a token's style and word at that time, by the machine's clock.
func tokenState(t access.Token, now time.Time) (class, word string) {
	switch {
	case !t.Revoked.IsZero():
		return "excluded", texts.Revoked
	case !now.Before(t.Ends):
		return "excluded", texts.Ended
	}
	return "fine", texts.Good
}

func tokenClass(t access.Token, now time.Time) string { class, _ := tokenState(t, now); return class }
func tokenWord(t access.Token, now time.Time) string  { _, word := tokenState(t, now); return word }
