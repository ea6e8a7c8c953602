package postgres

import (
	"net/url"
	"testing"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/store/postgrestest"
)

// TestAServerThatForgotStatementsIsAskedAgain, as one behind a pooler that hands the same line to another server does.
func TestAServerThatForgotStatementsIsAskedAgain(t *testing.T) {
	t.Parallel()
	address := changed(t, postgrestest.Database(t), func(u *url.URL) { u.RawQuery = "pool_max_conns=1" })
	s := open(t, address)
	work := func(app string) {
		t.Helper()
		run, err := s.Begin(t.Context(), renewal.Run{ID: renewal.NewID(), App: app, Node: "n"}, store.Told{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	work("before")
	alter(t, s, "DEALLOCATE ALL")
	work("after")
}
