ALTER TABLE releases DROP COLUMN digest;
ALTER TABLE releases DROP COLUMN told;
DROP TABLE list_signatures;
DROP TABLE list_declarations;
