-- +goose Up
-- For the console: the newest audit entries of all applications in order, and what lets people and programs in, by its
-- digest alone. Times of passes are the machines' own.

CREATE INDEX audit_at ON audit (at, app, number);

CREATE TABLE pass (
    id        text        NOT NULL COLLATE "C" PRIMARY KEY,
    kind      text        NOT NULL,
    digest    text        NOT NULL UNIQUE,
    name      text        NOT NULL,
    role      text        NOT NULL,
    person    text        NOT NULL,
    subject   text        NOT NULL,
    method    text        NOT NULL,
    made_at   timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    voided_at timestamptz
);
