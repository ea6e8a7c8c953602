-- +goose Up
-- What the last look at the tenant saw of each application.

CREATE TABLE sighting (
    app         text        NOT NULL COLLATE "C" PRIMARY KEY,
    client_id   text        NOT NULL,
    name        text        NOT NULL,
    search      text        NOT NULL, -- all that it may be looked for by, in lower case
    seen_at     timestamptz,
    unclear     boolean     NOT NULL,
    code        text        NOT NULL,
    text        text        NOT NULL,
    due_at      timestamptz,
    expires_at  timestamptz,
    credentials jsonb       NOT NULL,
    places      jsonb       NOT NULL
);
