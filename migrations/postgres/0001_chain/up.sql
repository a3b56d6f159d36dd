-- The audit chain comes first: every write has an entry, and the one-row head gives the writes their order.
CREATE TABLE accounts (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    role TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE tokens (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    hash TEXT COLLATE "C" NOT NULL UNIQUE,
    purpose TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('api', 'demo')),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);

CREATE TABLE chain_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    write BIGINT NOT NULL,
    written_at TIMESTAMPTZ NOT NULL,
    hash TEXT COLLATE "C" NOT NULL
);

CREATE TABLE audit_entries (
    write BIGINT NOT NULL PRIMARY KEY,
    written_at TIMESTAMPTZ NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    action TEXT COLLATE "C" NOT NULL,
    -- Text, not a JSON type: the hash covers these very bytes.
    details TEXT COLLATE "C" NOT NULL,
    algorithm TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C",
    previous_hash TEXT COLLATE "C" NOT NULL,
    hash TEXT COLLATE "C" NOT NULL
);

CREATE TABLE idempotency_keys (
    account_id UUID NOT NULL REFERENCES accounts (id),
    key TEXT COLLATE "C" NOT NULL,
    request_hash TEXT COLLATE "C" NOT NULL,
    record_id UUID NOT NULL,
    write BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, key)
);

-- What this database is: `demo` marks one that holds nothing but the demonstration.
CREATE TABLE instance_marks (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

INSERT INTO chain_head (id, write, written_at, hash)
VALUES (1, 0, '1970-01-01T00:00:00.000000Z', '0000000000000000000000000000000000000000000000000000000000000000');
