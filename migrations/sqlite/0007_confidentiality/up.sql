-- Who signs in, and how.
ALTER TABLE accounts ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('invited', 'active', 'disabled'));
ALTER TABLE accounts ADD COLUMN passphrase_hash TEXT;
-- The shared secret of the second factor, ciphertext.
ALTER TABLE accounts ADD COLUMN totp_secret BLOB;
-- The last step of the second factor that was accepted: only a later one is.
ALTER TABLE accounts ADD COLUMN totp_step INTEGER;
-- What the person is told at the next sign-in: that somebody has reset the account.
ALTER TABLE accounts ADD COLUMN notice TEXT CHECK (notice IN ('reset'));
-- What a token may do, at most: the names of actions, parted by spaces; all that the role may where it is missing.
ALTER TABLE tokens ADD COLUMN scopes TEXT;

CREATE TABLE recovery_codes (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT,
    PRIMARY KEY (account_id, hash)
) STRICT;

-- One-time links at which somebody sets passphrase and second factor.
CREATE TABLE enrolments (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    hash TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL CHECK (purpose IN ('add', 'reset', 'role')),
    requested_by TEXT NOT NULL REFERENCES accounts (id),
    needs_approval INTEGER NOT NULL CHECK (needs_approval IN (0, 1)),
    approved_by TEXT REFERENCES accounts (id),
    -- The secret that the page shows, until it is confirmed by a code; ciphertext.
    totp_secret BLOB,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    revoked_at TEXT,
    CHECK (approved_by IS NULL OR approved_by <> requested_by)
) STRICT;
CREATE INDEX enrolments_by_account ON enrolments (account_id);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account_id);

-- Browsers that have signed in before: what strangers try does not slow them down.
CREATE TABLE devices (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX devices_by_account ON devices (account_id);

-- Attempts that have not succeeded, by who tries at what: a keyed hash.
CREATE TABLE sign_in_attempts (
    key TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at TEXT NOT NULL
) STRICT;

-- One key a person, source or event, wrapped by the master key that lies outside of the database.
CREATE TABLE data_keys (
    subject_id TEXT NOT NULL PRIMARY KEY REFERENCES records (id),
    master_id TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    created_write INTEGER NOT NULL
) STRICT;

-- Personal text, ciphertext only: a row a field and write that changed it. No ciphertext says that the field is empty.
CREATE TABLE personal_texts (
    record_id TEXT NOT NULL REFERENCES records (id),
    field TEXT NOT NULL,
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    superseded_by INTEGER,
    subject_id TEXT NOT NULL REFERENCES records (id),
    ciphertext BLOB,
    PRIMARY KEY (record_id, field, write)
) STRICT;
CREATE INDEX personal_texts_by_subject ON personal_texts (subject_id);
CREATE INDEX personal_texts_by_field ON personal_texts (field) WHERE superseded_by IS NULL;

-- Sealed persons: only the accounts on the list see them.
CREATE TABLE person_seals (
    person_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    superseded_by INTEGER,
    sealed INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    reason TEXT NOT NULL,
    PRIMARY KEY (person_id, write)
) STRICT;

CREATE TABLE person_seal_accounts (
    person_id TEXT NOT NULL,
    write INTEGER NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (person_id, write, account_id),
    FOREIGN KEY (person_id, write) REFERENCES person_seals (person_id, write)
) STRICT;

-- What was erased: nothing but that there was a record, and between which writes.
CREATE TABLE erasures (
    record_id TEXT NOT NULL PRIMARY KEY,
    noun TEXT NOT NULL,
    created_write INTEGER NOT NULL,
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- Kept answers that counted somebody who was erased since.
CREATE TABLE erased_answers (
    figure_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (figure_id, write)
) STRICT;

CREATE TABLE consent_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    person_id TEXT NOT NULL REFERENCES records (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('keep', 'count', 'publish', 'share')),
    decision TEXT NOT NULL CHECK (decision IN ('given', 'refused', 'withdrawn')),
    manner TEXT NOT NULL,
    decided_on TEXT NOT NULL,
    ends_on TEXT,
    PRIMARY KEY (record_id, write)
) STRICT;
CREATE INDEX consent_versions_by_person ON consent_versions (person_id, purpose);
-- Who may be out of a count.
CREATE INDEX consent_versions_refusing ON consent_versions (person_id)
    WHERE purpose = 'count' AND (decision <> 'given' OR ends_on IS NOT NULL);

-- When somebody is to look whether the record is still needed.
ALTER TABLE person_versions ADD COLUMN review_on TEXT;

-- Two persons may have the same identifier elsewhere when one of them is sealed: an error would tell that there is one.
DROP INDEX person_external_ids;
CREATE INDEX person_external_ids ON person_versions (source_system, external_id)
    WHERE superseded_by IS NULL AND external_id IS NOT NULL;
