-- +goose Up
-- For the console: the newest audit entries of all applications in order, and what lets people and programs in, by its
-- digest alone. Times of passes are the machines' own.

CREATE INDEX audit_at ON audit (at, app, number);

CREATE TABLE pass (
    id        TEXT    NOT NULL PRIMARY KEY,
    kind      TEXT    NOT NULL,
    digest    TEXT    NOT NULL UNIQUE,
    name      TEXT    NOT NULL,
    role      TEXT    NOT NULL,
    person    TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    method    TEXT    NOT NULL,
    made_at   INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    voided_at INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 6;
