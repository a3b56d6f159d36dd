-- Where a figure was read, if nothing can be computed for it.
ALTER TABLE figure_versions ADD COLUMN address TEXT COLLATE "C";

-- Which publisher confirmed which version of a figure: one who publishes it alone is one pair of eyes.
CREATE TABLE figure_confirmations (
    figure_id UUID NOT NULL REFERENCES records (id),
    -- The write that made the version.
    version BIGINT NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    confirmed_at TIMESTAMPTZ NOT NULL,
    write BIGINT NOT NULL,
    PRIMARY KEY (figure_id, version, account_id)
);

-- Who is to be put on the list of a sealed person whose list nobody is left of, as publishers ask it. Two of them do it.
CREATE TABLE seal_requests (
    person_id UUID NOT NULL,
    -- The write that made the list.
    seal_write BIGINT NOT NULL,
    -- Who is to be put on it.
    listed_id UUID NOT NULL REFERENCES accounts (id),
    requested_by UUID NOT NULL REFERENCES accounts (id),
    reason TEXT COLLATE "C" NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL,
    write BIGINT NOT NULL,
    PRIMARY KEY (person_id, seal_write, listed_id, requested_by)
);

-- What an account is told that nobody else is.
CREATE TABLE notices (
    account_id UUID NOT NULL REFERENCES accounts (id),
    write BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('seal_opened', 'stands_on_withdrawn', 'code_changed')),
    -- The sealed person or incident that it is about.
    noun TEXT COLLATE "C" NOT NULL,
    record_id UUID NOT NULL,
    -- The source or event that was withdrawn.
    other_noun TEXT COLLATE "C",
    other_id UUID,
    told_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, write, kind, record_id)
);
