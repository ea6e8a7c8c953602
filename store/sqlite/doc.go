// Package sqlite keeps Keyturn's memory in one SQLite file. It is the store that needs no server, and it passes
// storetest.Exercise. It decides nothing about a renewal and never sees a secret: the types it saves have no place
// for one. Start at [Open]; a command that only looks starts at [OpenReader].
//
// # The tables
//
// run is the truth about each renewal: its state, why it stands still, and who drives it. A partial unique index lets
// an application have one open run. attempt and delivery are what was done in a run: one row for each password asked
// for, one for each place and attempt. event is the story for those who watch, in the order it was committed. audit
// is the story for those who check: one chain for each application, sealed by [keyturn/audit]. node has a row for
// each living process, duty one for each thing that they owe together, finding one for each application that can't be
// renewed by itself, sighting one for each application that was looked at, notice one for each thing that people are told
// (the outbox). The river_* tables are the alarm clock: they hold a run's id and version and nothing else, and everything
// in them can be made again from run.
//
// Every change of a run is one transaction over all of these tables ([Store.Advance]) and is fenced: it is saved only
// while the run is still at the version and in the hands of the node that the caller read.
//
// # Two clocks
//
// Columns that end in _at are policy's time: they come from the caller and are only compared with other times of the
// caller. alive_until alone is the database's own time, read inside the SQL, so that machines with different ideas of
// the time agree about who is alive; so are the times of duty, and when a notice came and is to be sent. A wake is the one
// bridge: the alarm is set for as long from now as WakeAt lies after UpdatedAt.
//
// # The file
//
// Write-ahead log, and synchronous FULL: what was committed survives a power cut. All writes of a process go through
// one connection and begin IMMEDIATE, so they queue instead of failing; other processes queue for at most
// [busyTimeout]. Readers never wait for writers. The file is made with mode 0600. Network file systems are refused,
// because their locks and shared memory don't keep two machines apart.
//
// Two files stand beside an open store, -wal and -shm; they belong to it and go when the last process closes it in
// order. After a crash they stay and the next Open goes on from them. While a process drives runs, an empty file -node-NAME
// is its sign of life (decision 10). A copy of the database file alone, made while
// it is open, may lack the last changes: copy with SQLite's backup or VACUUM INTO, or stop Keyturn first. A folder
// that a program synchronises (OneDrive, Dropbox) isn't a place for a store, which Keyturn can't detect.
//
// # Limits
//
// A process that has the store open must not open its -shm file itself: POSIX drops all of a process's locks on a file
// when the process closes it anywhere (https://www.sqlite.org/howtocorrupt.html, section 2.2, read 2026-11-22), and
// SQLite's locks are on that one. The other two may be read. A search through the state folder runs in another process,
// after Close, or passes over -shm, which holds page numbers only.
//
// One process writes at a time, so the store's pace is that of the disk: one synchronised write a step. A wake is late
// by at most 5 s. A process that keeps a transaction open for longer than [busyTimeout], for instance a database
// browser, makes the others fail with a problem of class Retry; they lose nothing. FUSE file systems count as local.
//
// # Migrations
//
// The numbered migrations under migrations/ and River's own only go forward; PRAGMA user_version is the number of the
// last. Opening reads that number and runs goose only when it is behind.
package sqlite
