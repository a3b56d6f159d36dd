-- The steps of the last second factors that were accepted, the newest first: one of a clock that ran ahead does not hide the others.
ALTER TABLE accounts ADD COLUMN totp_steps TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE accounts SET totp_steps = CAST(totp_step AS TEXT) WHERE totp_step IS NOT NULL;
ALTER TABLE accounts DROP COLUMN totp_step;
