-- +goose Up
-- Limits of a service that all processes on this store keep to together. All times are the database's own.

CREATE TABLE budget (
    name       TEXT    NOT NULL PRIMARY KEY,
    spent_at   INTEGER NOT NULL, -- every share that had come by then is taken
    held_until INTEGER NOT NULL  -- nobody may draw before; 0 = one may
) STRICT;

PRAGMA user_version = 7;
