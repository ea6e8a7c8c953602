-- +goose Up
-- What the last look at the tenant saw of each application. A page is chosen from sighting_list alone, which is small
-- beside the documents.

CREATE TABLE sighting (
    app         TEXT    NOT NULL PRIMARY KEY,
    client_id   TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    search      TEXT    NOT NULL, -- all that it may be looked for by, in lower case
    seen_at     INTEGER NOT NULL,
    unclear     INTEGER NOT NULL CHECK (unclear IN (0, 1)),
    code        TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    due_at      INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    credentials TEXT    NOT NULL, -- document
    places      TEXT    NOT NULL  -- document
) STRICT;

CREATE INDEX sighting_list ON sighting (app, unclear, due_at, expires_at, search);

PRAGMA user_version = 4;
