-- Version 1. Times are milliseconds since 1970.
CREATE TABLE notes (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL, -- org_… or user_…: the tenant
    author     TEXT NOT NULL,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notes_of_an_owner ON notes (owner, created_at, id);

-- Users and organizations, as Clerk's webhooks describe them. A deleted one stays as an ID: a late event must not bring it
-- back, and nothing may be stored for it any more.
CREATE TABLE accounts (
    id      TEXT PRIMARY KEY,
    name    TEXT,
    deleted INTEGER NOT NULL DEFAULT FALSE,
    as_of   INTEGER NOT NULL -- when the event happened that the row is from
) STRICT;
