DROP INDEX records_by_write;
CREATE INDEX records_by_age ON records (noun, created_at, id);
