ALTER TABLE accounts ADD COLUMN totp_step BIGINT;
UPDATE accounts SET totp_step = CAST(split_part(totp_steps, ' ', 1) AS BIGINT) WHERE totp_steps <> '';
ALTER TABLE accounts DROP COLUMN totp_steps;
