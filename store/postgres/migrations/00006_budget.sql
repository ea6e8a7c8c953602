-- +goose Up
-- Limits of a service that all processes on this store keep to together. All times are the database's own.

CREATE TABLE budget (
    name       text        NOT NULL PRIMARY KEY,
    spent_at   timestamptz NOT NULL, -- every share that had come by then is taken
    held_until timestamptz NOT NULL  -- nobody may draw before
);
