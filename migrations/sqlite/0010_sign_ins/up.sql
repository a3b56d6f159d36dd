-- How many wrong second factors followed on a right passphrase, one after the other, and when the last one did.
ALTER TABLE accounts ADD COLUMN factor_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN factor_failed_at TEXT;
-- Until when the person has read what was tried.
ALTER TABLE accounts ADD COLUMN sign_ins_read_at TEXT;

-- What the owner of an account is told: sign-ins, and attempts that failed. Failures of one hour are one row.
CREATE TABLE sign_ins (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    outcome TEXT NOT NULL CHECK (outcome IN ('signed_in', 'wrong_passphrase', 'wrong_second_factor')),
    -- Whether the person had signed in from this browser before.
    known_browser INTEGER NOT NULL CHECK (known_browser IN (0, 1)),
    times INTEGER NOT NULL CHECK (times > 0),
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL
) STRICT;
CREATE INDEX sign_ins_by_account ON sign_ins (account_id, last_at);
