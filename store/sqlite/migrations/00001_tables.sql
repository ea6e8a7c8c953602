-- +goose Up
-- The story of these tables is told in the package's documentation. Instants are microseconds since 1970 in UTC, and
-- 0 is "never"; documents are JSON.

CREATE TABLE run (
    number       INTEGER PRIMARY KEY, -- order of beginning
    id           TEXT    NOT NULL UNIQUE,
    app          TEXT    NOT NULL,
    client_id    TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    open         INTEGER NOT NULL CHECK (open IN (0, 1)),
    door         TEXT    NOT NULL,
    reason       TEXT    NOT NULL, -- document
    outcome      TEXT    NOT NULL,
    "order"      TEXT    NOT NULL, -- document
    attempt      INTEGER NOT NULL,
    retires      TEXT    NOT NULL,
    tries        INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    node         TEXT    NOT NULL, -- '' = nobody drives it
    wake_at      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    delivered_at INTEGER NOT NULL,
    verified_at  INTEGER NOT NULL,
    watermark_at INTEGER NOT NULL,
    gate_at      INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    approved_by  TEXT    NOT NULL,
    evidence     TEXT    NOT NULL
) STRICT;

-- At most one run of an application is open: the database itself says no to a second.
CREATE UNIQUE INDEX run_open ON run (app) WHERE open = 1;
CREATE INDEX run_app ON run (app, number);

CREATE TABLE attempt (
    run    TEXT    NOT NULL REFERENCES run (id),
    n      INTEGER NOT NULL,
    mark   TEXT    NOT NULL,
    state  TEXT    NOT NULL,
    key_id TEXT    NOT NULL,
    hint   TEXT    NOT NULL,
    start  INTEGER NOT NULL,
    "end"  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    run        TEXT    NOT NULL REFERENCES run (id),
    n          INTEGER NOT NULL,
    target     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    receipt    TEXT    NOT NULL,
    rung       TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    written_at INTEGER NOT NULL,
    proven_at  INTEGER NOT NULL,
    provable   INTEGER NOT NULL CHECK (provable IN (0, 1)),
    PRIMARY KEY (run, n, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
    run      TEXT    NOT NULL REFERENCES run (id),
    app      TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    fields   TEXT    NOT NULL -- document
) STRICT;

CREATE INDEX event_run ON event (run, sequence);

CREATE TABLE audit (
    app      TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    who      TEXT    NOT NULL,
    run      TEXT    NOT NULL REFERENCES run (id),
    action   TEXT    NOT NULL,
    object   TEXT    NOT NULL,
    outcome  TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    requests TEXT    NOT NULL,
    previous TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    PRIMARY KEY (app, number)
) STRICT;

CREATE INDEX audit_run ON audit (run, number);

CREATE TABLE node (
    id          TEXT    NOT NULL PRIMARY KEY,
    alive_until INTEGER NOT NULL -- by this database's clock, never by policy's
) STRICT;

PRAGMA user_version = 1;
