DROP TABLE instance_marks;
DROP TABLE idempotency_keys;
DROP TABLE audit_entries;
DROP TABLE chain_head;
DROP TABLE tokens;
DROP TABLE accounts;
