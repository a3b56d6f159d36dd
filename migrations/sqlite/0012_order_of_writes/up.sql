-- Lists go by the number of the write: clocks may be set back, and two processes may have two.
DROP INDEX records_by_age;
CREATE INDEX records_by_write ON records (noun, created_write, id);
