DROP TABLE linkage_sources;
DROP TABLE linkage_versions;
CREATE TABLE linkage_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    canonical_id UUID NOT NULL REFERENCES records (id),
    PRIMARY KEY (record_id, write),
    CHECK (record_id <> canonical_id)
);
