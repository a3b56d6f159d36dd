ALTER TABLE accounts ADD COLUMN totp_step INTEGER;
UPDATE accounts SET totp_step = CAST(totp_steps AS INTEGER) WHERE totp_steps <> '';
ALTER TABLE accounts DROP COLUMN totp_steps;
