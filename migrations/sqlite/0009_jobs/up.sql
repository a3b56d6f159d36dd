-- Long work: what was asked, how far it is, and what came of it. Rows are no records and no part of the audit: the work is.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    -- What the token was limited to by which it was asked.
    scopes TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    -- All times are the database's own.
    requested_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    -- Which process runs it, and until when it is believed to.
    holder TEXT,
    lease_until TEXT,
    -- Rises with each start: who was thought dead cannot commit under an earlier one.
    attempt INTEGER NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER,
    cancel_requested INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
    -- JSON: codes, numbers and identifiers.
    parameters TEXT NOT NULL,
    -- What was uploaded, encrypted; gone at the end, or at its time.
    payload BLOB,
    payload_until TEXT,
    -- JSON: counts, identifiers, row and column of mistakes; never the text of a cell.
    result TEXT,
    problem TEXT,
    key TEXT,
    request_hash TEXT,
    CHECK ((key IS NULL) = (request_hash IS NULL)),
    CHECK ((state = 'running') = (holder IS NOT NULL)),
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    CHECK ((state = 'succeeded') = (result IS NOT NULL)),
    CHECK ((state = 'failed') = (problem IS NOT NULL)),
    CHECK (payload IS NULL OR state IN ('queued', 'running') OR payload_until IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX jobs_key ON jobs (account_id, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_own ON jobs (account_id, requested_at, id);
CREATE INDEX jobs_open ON jobs (requested_at, id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_waiting ON jobs (payload_until) WHERE payload_until IS NOT NULL;
