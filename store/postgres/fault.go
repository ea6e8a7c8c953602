package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"keyturn/problem"
)

// Codes of the problems of a store.
const (
	codeAddress  = "store.address"  // the address can't be understood
	codeMissing  = "store.missing"  // there are no tables of ours
	codeFilled   = "store.filled"   // it holds runs, and should be empty
	codeForeign  = "store.foreign"  // tables of another program are in the way
	codeBehind   = "store.behind"   // an older release made the tables
	codeNewer    = "store.newer"    // a newer release made them
	codeEncoding = "store.encoding" // the database can't keep every text
	codeServer   = "store.server"   // the server can't be reached, or broke off
	codeBusy     = "store.busy"     // other processes were in the way for too long
	codeSignIn   = "store.signin"   // the server refuses the user or the password
	codeRights   = "store.rights"   // the user lacks a right
	codeStandby  = "store.standby"  // the server only reads
	codeFull     = "store.full"     // the server's disk is full
	codeDoubtful = "store.doubtful" // it isn't known whether a step was saved
)

// fault is what one of PostgreSQL's error codes means for whoever faces it.
type fault struct {
	class              problem.Class
	code, message, fix string
}

const addressFix = "check `store` in keyturn.yaml: postgres://USER:PASSWORD@HOST:5432/DATABASE"

// faults are the answers that time or a person can help, by SQLSTATE or its class of two signs
// (https://www.postgresql.org/docs/15/errcodes-appendix.html, read 2026-11-22). Any other is ours to mend and stays
// as it is.
var faults = map[string]fault{
	"08":    {problem.Retry, codeServer, "the connection to the PostgreSQL server broke off", ""},
	"25P03": {problem.Retry, codeServer, "the PostgreSQL server ended a step that stood still for too long", ""},
	"25006": {problem.Person, codeStandby, "this PostgreSQL server only reads: it is a standby", "name the primary in `store` in keyturn.yaml, or all servers and target_session_attrs=read-write"},
	"26000": {problem.Retry, codeServer, "the PostgreSQL server doesn't know what was prepared on this connection", "behind a pooler, add default_query_exec_mode=exec to `store` in keyturn.yaml"},
	"42P05": {problem.Retry, codeServer, "the PostgreSQL server knows another one's preparations on this connection", "behind a pooler, add default_query_exec_mode=exec to `store` in keyturn.yaml"},
	"28":    {problem.Person, codeSignIn, "the PostgreSQL server refuses the user or the password", addressFix},
	"3D000": {problem.Person, codeMissing, "the PostgreSQL server has no such database", "make the database, or name another in `store` in keyturn.yaml"},
	"3F000": {problem.Person, codeMissing, "the database has no such schema", "make the schema that search_path in `store` names, or leave search_path out"},
	"40001": {problem.Retry, codeBusy, "other processes were in the way for too long", ""},
	"40P01": {problem.Retry, codeBusy, "other processes were in the way for too long", ""},
	"42501": {problem.Person, codeRights, "the database's user lacks a right", "let the database's owner run GRANT USAGE, CREATE ON SCHEMA public TO the user; tables that another user made must be granted too"},
	"42P07": {problem.Person, codeForeign, "another program's tables are in this schema", "give Keyturn a database of its own in `store` in keyturn.yaml, or a schema by ?search_path=NAME"},
	"53100": {problem.Person, codeFull, "the PostgreSQL server's disk is full", "free some space on the server's disk, then run the command again"},
	"53":    {problem.Retry, codeServer, "the PostgreSQL server has no connection or memory to spare", ""},
	"55P03": {problem.Retry, codeBusy, "other processes were in the way for too long", ""},
	"57014": {problem.Retry, codeBusy, "the PostgreSQL server ended a statement that took too long", ""},
	"57P":   {problem.Retry, codeServer, "the PostgreSQL server is starting or stopping", ""},
	"58":    {problem.Person, codeServer, "the PostgreSQL server's disk failed", "look at the server's log"},
	"XX":    {problem.Person, codeServer, "the PostgreSQL server failed inside", "look at the server's log"},
}

// severed is a connection that broke off before the answer came.
type severed struct{ error }

// Unwrap returns the cause.
func (s severed) Unwrap() error { return s.error }

// unanswered is classify for a caller who set no time limit: one that ran out all the same was the driver's own, so the
// server is away.
func (r *reading) unanswered(ctx context.Context, err error) error {
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return r.away(err)
	}
	return r.classify(err)
}

// away is a server that doesn't answer.
func (r *reading) away(err error) error {
	return &problem.Error{
		Class: problem.Retry, Code: codeServer, Subject: r.place, Message: "the PostgreSQL server can't be reached",
		Fix: "check that the server runs and that this machine reaches it; " + addressFix, Err: err,
	}
}

// classify turns an error of the driver into a problem. When the caller's own context ended, that is the error. The
// driver's text stays inside: it may quote an address.
func (r *reading) classify(err error) error {
	var known *problem.Error
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &known) {
		return err
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		for _, prefix := range []string{answer.Code, answer.Code[:min(3, len(answer.Code))], answer.Code[:min(2, len(answer.Code))]} {
			if f, found := faults[prefix]; found {
				return &problem.Error{Class: f.class, Code: f.code, Subject: r.place, Message: f.message, Fix: f.fix, Err: err}
			}
		}
		return err
	}
	if unreached(err) {
		return r.away(err)
	}
	return err
}

// unreached reports whether no answer of the server came.
func unreached(err error) bool {
	var lost severed
	var refused *pgconn.ConnectError
	return errors.As(err, &lost) || errors.As(err, &refused)
}

// unprepared is what a server answers that doesn't know a statement which was prepared on this connection: a pooler has put
// another server behind it.
const unprepared = "26000"

// passing reports whether the same call may well succeed within seconds.
func passing(err error) bool {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return unreached(err)
	}
	switch answer.Code {
	case "40001", "40P01", "53300", "25P03", unprepared:
		return true
	}
	return strings.HasPrefix(answer.Code, "08") || strings.HasPrefix(answer.Code, "57P")
}
