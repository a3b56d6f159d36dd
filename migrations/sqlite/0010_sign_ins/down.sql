DROP TABLE sign_ins;
ALTER TABLE accounts DROP COLUMN sign_ins_read_at;
ALTER TABLE accounts DROP COLUMN factor_failed_at;
ALTER TABLE accounts DROP COLUMN factor_failures;
