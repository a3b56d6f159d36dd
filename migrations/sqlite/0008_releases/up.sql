-- Releases: what was declared, and what anybody may read of it once it is published. No text about a person is in them.
CREATE TABLE releases (
    id TEXT NOT NULL PRIMARY KEY,
    -- What it is called in addresses. One that was discarded gives its name back.
    code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('prepared', 'published', 'withdrawn', 'discarded')),
    -- As it was declared, with all its times, so that it can be computed again.
    declaration TEXT NOT NULL,
    -- Text, not a JSON type: the hash covers these very bytes.
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    -- Why each cell is published or withheld: never public.
    plan TEXT NOT NULL,
    signatures_required INTEGER NOT NULL CHECK (signatures_required IN (1, 2)),
    prepared_by TEXT NOT NULL REFERENCES accounts (id),
    prepared_at TEXT NOT NULL,
    prepared_write INTEGER NOT NULL,
    published_at TEXT,
    published_write INTEGER,
    -- Ed25519 over the hash, by the keyring's signing key.
    signature TEXT,
    public_key TEXT,
    -- What the audit was before it was published, signed. For staff alone.
    checkpoint TEXT,
    notice TEXT,
    withdrawn_at TEXT,
    withdrawal_reason TEXT,
    changed_write INTEGER NOT NULL,
    CHECK ((state IN ('published', 'withdrawn')) = (published_at IS NOT NULL)),
    CHECK ((published_at IS NULL) = (published_write IS NULL)),
    CHECK ((published_at IS NULL) = (signature IS NULL)),
    CHECK ((published_at IS NULL) = (public_key IS NULL)),
    CHECK ((published_at IS NULL) = (checkpoint IS NULL)),
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (withdrawal_reason IS NOT NULL)),
    CHECK (notice IS NULL OR published_at IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX releases_code ON releases (code) WHERE state <> 'discarded';

-- Who signed which.
CREATE TABLE release_signatures (
    release_id TEXT NOT NULL REFERENCES releases (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    signed_at TEXT NOT NULL,
    write INTEGER NOT NULL,
    PRIMARY KEY (release_id, account_id)
) STRICT;
