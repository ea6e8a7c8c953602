-- +goose Up
-- What the processes that serve one store share: who serves, whose turn a duty is, and what keeps applications from being
-- renewed by themselves. Columns that end in _at are the database's own time here, but for since_at, which is policy's.

ALTER TABLE node ADD COLUMN serves INTEGER NOT NULL DEFAULT 0 CHECK (serves IN (0, 1));

CREATE TABLE duty (
    name     TEXT    NOT NULL PRIMARY KEY,
    begun_at INTEGER NOT NULL, -- 0 = never
    done_at  INTEGER NOT NULL, -- when it last ended well; 0 = never
    failure  TEXT    NOT NULL  -- why the last turn didn't end well; '' = it did
) STRICT;

CREATE TABLE finding (
    app      TEXT    NOT NULL PRIMARY KEY,
    code     TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    fix      TEXT    NOT NULL,
    since_at INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 3;
