// Package postgres keeps Keyturn's memory in a PostgreSQL database, which any number of machines share. It passes
// storetest.Exercise like the store in a file. It decides nothing about a renewal and never sees a secret: the types
// it saves have no place for one. Start at [Open]; a command that only looks starts at [OpenReader].
//
// # The tables
//
// run is the truth about each renewal: its state, why it stands still, and who drives it. A partial unique index lets
// an application have one open run. attempt and delivery are what was done in a run: one row for each password asked
// for, one for each place and attempt. event is the story for those who watch. audit is the story for those who check:
// one chain for each application, sealed by [keyturn/audit]. node has a row for each living process, duty one for each
// thing that they owe together, finding one for each application that can't be renewed by itself, sighting one for each
// application that was looked at, notice one for each thing that people are told (the outbox). The river_* tables are
// the alarm clock: they hold a run's id and version and nothing else, and everything in them can be made again from run.
//
// The tables lie where the connection's search_path says, so in the schema public of a database of Keyturn's own
// unless the address names another (?search_path=NAME).
//
// # One step
//
// A change of a run is one transaction over all of these tables ([Store.Advance]) under READ COMMITTED. It first
// updates the run's row, if that is still at the version and in the hands of the node that the caller read; this row
// lock makes all steps of a run queue. The head of the application's audit log is read under an advisory lock of its
// own, because another run's entry may come in between. A wake is a row of River's in the same transaction.
//
// # When the answer is lost
//
// A deadlock, a server that restarts or a connection that breaks ends a transaction without a trace, and [Store.write]
// makes it again for some seconds. Only a COMMIT whose answer is lost leaves a doubt. The next try dispels it: each
// save writes a mark drawn for it into the run's row, so a try that finds its own mark there knows that it was saved,
// and one that finds the row as it was saves now. It can't overtake the lost one, since it waits for the row's lock.
// Begin knows its run by the run's id, and a Claim is made anew, which is harmless. When the caller's time runs out
// before an answer, the error is a problem with Doubtful set. Whoever tries the step again then is fenced if it had
// been saved, and so never acts twice on it; that doubt lasts longer than a lease, so the run is found by others.
//
// # The order of events
//
// Sequence numbers are given before transactions end, so the events of all runs become visible out of order. Readers of
// all events are shown only those that nothing can overtake any more; see [Store.Events].
//
// # Two clocks
//
// Times of runs, events and audit entries are policy's: they come from the caller and are only compared with other
// times of the caller. node, duty and the sending of notices go by the database's own clock, read inside the SQL, so that machines with
// different ideas of the time agree about who is alive. A wake is the one bridge: the alarm is set for as long from now
// as WakeAt lies after UpdatedAt.
//
// # Limits
//
// A process needs up to [connections] connections. A pooler before the server, such as PgBouncer in transaction mode, is
// noticed: then nothing is prepared, which costs the server some work, and wakes are late by up to a second, because
// notifications don't come through.
// A standby that takes over must have all that was committed (synchronous replication): a step that is lost with the
// old primary may leave a password that this store doesn't know, which is shown as a finding and never removed.
// Readers on a standby may miss events of all runs together, because announcements aren't replicated.
//
// # Migrations
//
// The numbered migrations under migrations/ and River's own only go forward; the table keyturn_migration has the number
// of the last. Opening reads it, and migrates behind an advisory lock only when it is behind. Until a new database has all
// its tables, keyturn_making stands in it, so that a making that was broken off is finished by whoever comes next.
package postgres
