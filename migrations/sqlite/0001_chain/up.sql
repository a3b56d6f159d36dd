-- The audit chain comes first: every write has an entry, and the one-row head gives the writes their order.
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE tokens (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    hash TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL CHECK (purpose IN ('api', 'demo')),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;

CREATE TABLE chain_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    write INTEGER NOT NULL,
    written_at TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE audit_entries (
    write INTEGER NOT NULL PRIMARY KEY,
    written_at TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    action TEXT NOT NULL,
    -- Text, not a JSON type: the hash covers these very bytes.
    details TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    key_id TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    record_id TEXT NOT NULL,
    write INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT;

-- What this database is: `demo` marks one that holds nothing but the demonstration.
CREATE TABLE instance_marks (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

INSERT INTO chain_head (id, write, written_at, hash)
VALUES (1, 0, '1970-01-01T00:00:00.000000Z', '0000000000000000000000000000000000000000000000000000000000000000');
