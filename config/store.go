package config

import (
	"net/url"
	"strings"
)

// StoreFault says why where can't name a store; "" = it can. A password in a database's address is refused: this text
// stands in files and in command lines, and PostgreSQL's own ways keep it out of both.
// Source: https://www.postgresql.org/docs/current/libpq-pgpass.html (read 2026-11-23).
func StoreFault(where string) string {
	scheme, _, remote := strings.Cut(where, "://")
	switch {
	case !remote:
		return ""
	case scheme != "postgres" && scheme != "postgresql":
		return "a store is a file or a PostgreSQL database, not " + quote(scheme+"://...")
	}
	address, err := url.Parse(where)
	if err != nil {
		return "the address of the PostgreSQL database can't be understood"
	}
	if _, given := address.User.Password(); given || address.Query().Has("password") {
		return "a password stands in the address of the PostgreSQL database: take it out, and set PGPASSWORD or name a password file (?passfile=...)"
	}
	return ""
}
