-- Where a figure was read, if nothing can be computed for it.
ALTER TABLE figure_versions ADD COLUMN address TEXT;

-- Which publisher confirmed which version of a figure: one who publishes it alone is one pair of eyes.
CREATE TABLE figure_confirmations (
    figure_id TEXT NOT NULL REFERENCES records (id),
    -- The write that made the version.
    version INTEGER NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    confirmed_at TEXT NOT NULL,
    write INTEGER NOT NULL,
    PRIMARY KEY (figure_id, version, account_id)
) STRICT;

-- Who is to be put on the list of a sealed person whose list nobody is left of, as publishers ask it. Two of them do it.
CREATE TABLE seal_requests (
    person_id TEXT NOT NULL,
    -- The write that made the list.
    seal_write INTEGER NOT NULL,
    -- Who is to be put on it.
    listed_id TEXT NOT NULL REFERENCES accounts (id),
    requested_by TEXT NOT NULL REFERENCES accounts (id),
    reason TEXT NOT NULL,
    requested_at TEXT NOT NULL,
    write INTEGER NOT NULL,
    PRIMARY KEY (person_id, seal_write, listed_id, requested_by)
) STRICT;

-- What an account is told that nobody else is.
CREATE TABLE notices (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    write INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('seal_opened', 'stands_on_withdrawn', 'code_changed')),
    -- The sealed person or incident that it is about.
    noun TEXT NOT NULL,
    record_id TEXT NOT NULL,
    -- The source or event that was withdrawn.
    other_noun TEXT,
    other_id TEXT,
    told_at TEXT NOT NULL,
    PRIMARY KEY (account_id, write, kind, record_id)
) STRICT;
