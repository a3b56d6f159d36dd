-- Who signs in, and how.
ALTER TABLE accounts ADD COLUMN state TEXT COLLATE "C" NOT NULL DEFAULT 'active' CHECK (state IN ('invited', 'active', 'disabled'));
ALTER TABLE accounts ADD COLUMN passphrase_hash TEXT COLLATE "C";
-- The shared secret of the second factor, ciphertext.
ALTER TABLE accounts ADD COLUMN totp_secret BYTEA;
-- The last step of the second factor that was accepted: only a later one is.
ALTER TABLE accounts ADD COLUMN totp_step BIGINT;
-- What the person is told at the next sign-in: that somebody has reset the account.
ALTER TABLE accounts ADD COLUMN notice TEXT COLLATE "C" CHECK (notice IN ('reset'));
-- What a token may do, at most: the names of actions, parted by spaces; all that the role may where it is missing.
ALTER TABLE tokens ADD COLUMN scopes TEXT COLLATE "C";

CREATE TABLE recovery_codes (
    account_id UUID NOT NULL REFERENCES accounts (id),
    hash TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (account_id, hash)
);

-- One-time links at which somebody sets passphrase and second factor.
CREATE TABLE enrolments (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    hash TEXT COLLATE "C" NOT NULL UNIQUE,
    purpose TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('add', 'reset', 'role')),
    requested_by UUID NOT NULL REFERENCES accounts (id),
    needs_approval BOOLEAN NOT NULL,
    approved_by UUID REFERENCES accounts (id),
    -- The secret that the page shows, until it is confirmed by a code; ciphertext.
    totp_secret BYTEA,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    CHECK (approved_by IS NULL OR approved_by <> requested_by)
);
CREATE INDEX enrolments_by_account ON enrolments (account_id);

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    hash TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX sessions_by_account ON sessions (account_id);

-- Browsers that have signed in before: what strangers try does not slow them down.
CREATE TABLE devices (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    hash TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX devices_by_account ON devices (account_id);

-- Attempts that have not succeeded, by who tries at what: a keyed hash.
CREATE TABLE sign_in_attempts (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL
);

-- One key a person, source or event, wrapped by the master key that lies outside of the database.
CREATE TABLE data_keys (
    subject_id UUID NOT NULL PRIMARY KEY REFERENCES records (id),
    master_id TEXT COLLATE "C" NOT NULL,
    wrapped BYTEA NOT NULL,
    created_write BIGINT NOT NULL
);

-- Personal text, ciphertext only: a row a field and write that changed it. No ciphertext says that the field is empty.
CREATE TABLE personal_texts (
    record_id UUID NOT NULL REFERENCES records (id),
    field TEXT COLLATE "C" NOT NULL,
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    superseded_by BIGINT,
    subject_id UUID NOT NULL REFERENCES records (id),
    ciphertext BYTEA,
    PRIMARY KEY (record_id, field, write)
);
CREATE INDEX personal_texts_by_subject ON personal_texts (subject_id);
CREATE INDEX personal_texts_by_field ON personal_texts (field) WHERE superseded_by IS NULL;

-- Sealed persons: only the accounts on the list see them.
CREATE TABLE person_seals (
    person_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    superseded_by BIGINT,
    sealed BOOLEAN NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (person_id, write)
);

CREATE TABLE person_seal_accounts (
    person_id UUID NOT NULL,
    write BIGINT NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (person_id, write, account_id),
    FOREIGN KEY (person_id, write) REFERENCES person_seals (person_id, write)
);

-- What was erased: nothing but that there was a record, and between which writes.
CREATE TABLE erasures (
    record_id UUID NOT NULL PRIMARY KEY,
    noun TEXT COLLATE "C" NOT NULL,
    created_write BIGINT NOT NULL,
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED
);

-- Kept answers that counted somebody who was erased since.
CREATE TABLE erased_answers (
    figure_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (figure_id, write)
);

CREATE TABLE consent_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    person_id UUID NOT NULL REFERENCES records (id),
    purpose TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('keep', 'count', 'publish', 'share')),
    decision TEXT COLLATE "C" NOT NULL CHECK (decision IN ('given', 'refused', 'withdrawn')),
    manner TEXT COLLATE "C" NOT NULL,
    decided_on DATE NOT NULL,
    ends_on DATE,
    PRIMARY KEY (record_id, write)
);
CREATE INDEX consent_versions_by_person ON consent_versions (person_id, purpose);
-- Who may be out of a count.
CREATE INDEX consent_versions_refusing ON consent_versions (person_id)
    WHERE purpose = 'count' AND (decision <> 'given' OR ends_on IS NOT NULL);

-- When somebody is to look whether the record is still needed.
ALTER TABLE person_versions ADD COLUMN review_on DATE;

-- Two persons may have the same identifier elsewhere when one of them is sealed: an error would tell that there is one.
DROP INDEX person_external_ids;
CREATE INDEX person_external_ids ON person_versions (source_system, external_id)
    WHERE superseded_by IS NULL AND external_id IS NOT NULL;
