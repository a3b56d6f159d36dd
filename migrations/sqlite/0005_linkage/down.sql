DROP TABLE linkage_sources;
DROP TABLE linkage_versions;
CREATE TABLE linkage_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    canonical_id TEXT NOT NULL REFERENCES records (id),
    PRIMARY KEY (record_id, write),
    CHECK (record_id <> canonical_id)
) STRICT;
