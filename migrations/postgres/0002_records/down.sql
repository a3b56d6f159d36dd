DROP TABLE source_versions;
DROP TABLE event_versions;
DROP TABLE term_versions;
DROP TABLE records;
