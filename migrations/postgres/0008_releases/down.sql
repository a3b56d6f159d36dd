DROP TABLE release_signatures;
DROP TABLE releases;
