-- Releases: what was declared, and what anybody may read of it once it is published. No text about a person is in them.
CREATE TABLE releases (
    id UUID NOT NULL PRIMARY KEY,
    -- What it is called in addresses. One that was discarded gives its name back.
    code TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('prepared', 'published', 'withdrawn', 'discarded')),
    -- As it was declared, with all its times, so that it can be computed again.
    declaration TEXT COLLATE "C" NOT NULL,
    -- Text, not a JSON type: the hash covers these very bytes.
    content TEXT COLLATE "C" NOT NULL,
    content_hash TEXT COLLATE "C" NOT NULL,
    -- Why each cell is published or withheld: never public.
    plan TEXT COLLATE "C" NOT NULL,
    signatures_required INTEGER NOT NULL CHECK (signatures_required IN (1, 2)),
    prepared_by UUID NOT NULL REFERENCES accounts (id),
    prepared_at TIMESTAMPTZ NOT NULL,
    prepared_write BIGINT NOT NULL,
    published_at TIMESTAMPTZ,
    published_write BIGINT,
    -- Ed25519 over the hash, by the keyring's signing key.
    signature TEXT COLLATE "C",
    public_key TEXT COLLATE "C",
    -- What the audit was before it was published, signed. For staff alone.
    checkpoint TEXT COLLATE "C",
    notice TEXT COLLATE "C",
    withdrawn_at TIMESTAMPTZ,
    withdrawal_reason TEXT COLLATE "C",
    changed_write BIGINT NOT NULL,
    CHECK ((state IN ('published', 'withdrawn')) = (published_at IS NOT NULL)),
    CHECK ((published_at IS NULL) = (published_write IS NULL)),
    CHECK ((published_at IS NULL) = (signature IS NULL)),
    CHECK ((published_at IS NULL) = (public_key IS NULL)),
    CHECK ((published_at IS NULL) = (checkpoint IS NULL)),
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (withdrawal_reason IS NOT NULL)),
    CHECK (notice IS NULL OR published_at IS NOT NULL)
);
CREATE UNIQUE INDEX releases_code ON releases (code) WHERE state <> 'discarded';

-- Who signed which.
CREATE TABLE release_signatures (
    release_id UUID NOT NULL REFERENCES releases (id),
    account_id UUID NOT NULL REFERENCES accounts (id),
    signed_at TIMESTAMPTZ NOT NULL,
    write BIGINT NOT NULL,
    PRIMARY KEY (release_id, account_id)
);
