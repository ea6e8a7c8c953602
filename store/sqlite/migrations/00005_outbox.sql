-- +goose Up
-- What people are told without having asked. at and by_at are policy's time; kept_at and due_at are the database's own.

CREATE TABLE notice (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
    id       TEXT    NOT NULL UNIQUE,
    subject  TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    code     TEXT    NOT NULL,
    app      TEXT    NOT NULL,
    run      TEXT    NOT NULL,
    title    TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    fix      TEXT    NOT NULL,
    by_at    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    open     INTEGER NOT NULL CHECK (open IN (0, 1)), -- its matter isn't over
    state    TEXT    NOT NULL,
    sent     TEXT    NOT NULL, -- document: the notifiers that took it
    tries    INTEGER NOT NULL,
    failure  TEXT    NOT NULL,
    node     TEXT    NOT NULL, -- '' = in nobody's hands
    kept_at  INTEGER NOT NULL,
    due_at   INTEGER NOT NULL
) STRICT;

-- The same is told once until its matter is over: the database itself says no to a second.
CREATE UNIQUE INDEX notice_open ON notice (subject, code) WHERE open = 1;
CREATE INDEX notice_due ON notice (due_at) WHERE state = 'pending';
CREATE INDEX notice_unsent ON notice (sequence) WHERE state <> 'sent';

PRAGMA user_version = 5;
