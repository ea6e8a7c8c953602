-- +goose Up
-- For the look at what is due: many runs may be open, and few of those are due.

CREATE INDEX run_due ON run (wake_at) WHERE open;
