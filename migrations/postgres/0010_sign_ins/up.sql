-- How many wrong second factors followed on a right passphrase, one after the other, and when the last one did.
ALTER TABLE accounts ADD COLUMN factor_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN factor_failed_at TIMESTAMPTZ;
-- Until when the person has read what was tried.
ALTER TABLE accounts ADD COLUMN sign_ins_read_at TIMESTAMPTZ;

-- What the owner of an account is told: sign-ins, and attempts that failed. Failures of one hour are one row.
CREATE TABLE sign_ins (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('signed_in', 'wrong_passphrase', 'wrong_second_factor')),
    -- Whether the person had signed in from this browser before.
    known_browser BOOLEAN NOT NULL,
    times BIGINT NOT NULL CHECK (times > 0),
    first_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_ins_by_account ON sign_ins (account_id, last_at);
