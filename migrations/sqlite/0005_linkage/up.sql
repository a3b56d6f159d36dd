-- A decision that two records are of one person: person_id is counted as canonical_id. Persons are never rewritten. The
-- first table of this name had no decision of its own and was never filled.
DROP TABLE linkage_versions;
CREATE TABLE linkage_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    person_id TEXT NOT NULL REFERENCES records (id),
    canonical_id TEXT NOT NULL REFERENCES records (id),
    PRIMARY KEY (record_id, write),
    CHECK (person_id <> canonical_id)
) STRICT;
CREATE INDEX linkage_versions_by_person ON linkage_versions (person_id);
CREATE INDEX linkage_versions_by_canonical ON linkage_versions (canonical_id);

-- Where the decision is known from.
CREATE TABLE linkage_sources (
    linkage_id TEXT NOT NULL,
    write INTEGER NOT NULL,
    position INTEGER NOT NULL,
    source_id TEXT NOT NULL REFERENCES records (id),
    PRIMARY KEY (linkage_id, write, position),
    FOREIGN KEY (linkage_id, write) REFERENCES linkage_versions (record_id, write)
) STRICT;
