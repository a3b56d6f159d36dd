CREATE TABLE person_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    owner_id TEXT NOT NULL REFERENCES accounts (id),
    ground TEXT NOT NULL,
    ground_figure_id TEXT REFERENCES records (id),
    origin TEXT NOT NULL,
    sex TEXT NOT NULL,
    age_group TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('case_file', 'reconstructed')),
    figure_id TEXT REFERENCES records (id),
    source_system TEXT,
    external_id TEXT,
    PRIMARY KEY (record_id, write),
    CHECK ((source_system IS NULL) = (external_id IS NULL)),
    CHECK ((basis = 'reconstructed') = (figure_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX person_external_ids ON person_versions (source_system, external_id)
    WHERE superseded_by IS NULL AND external_id IS NOT NULL;
-- Built from published figures: few, and asked for on their own by every aggregate.
CREATE INDEX reconstructed_persons ON person_versions (record_id) WHERE basis = 'reconstructed';

CREATE TABLE incident_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    person_id TEXT NOT NULL REFERENCES records (id),
    kind TEXT NOT NULL,
    date TEXT NOT NULL,
    earliest TEXT NOT NULL,
    latest TEXT NOT NULL,
    -- The bucket that wholly contains the date, `_U` where none does.
    year TEXT NOT NULL,
    quarter TEXT NOT NULL,
    month TEXT NOT NULL,
    place TEXT NOT NULL,
    destination TEXT NOT NULL,
    event_id TEXT REFERENCES records (id),
    basis TEXT NOT NULL CHECK (basis IN ('case_file', 'reconstructed')),
    figure_id TEXT REFERENCES records (id),
    PRIMARY KEY (record_id, write),
    CHECK (earliest <= latest),
    CHECK ((basis = 'reconstructed') = (figure_id IS NOT NULL))
) STRICT;
CREATE INDEX incident_versions_by_person ON incident_versions (person_id, kind);

CREATE TABLE involvements (
    incident_id TEXT NOT NULL,
    write INTEGER NOT NULL,
    position INTEGER NOT NULL,
    role TEXT NOT NULL,
    actor TEXT NOT NULL,
    degree TEXT NOT NULL,
    PRIMARY KEY (incident_id, write, position),
    FOREIGN KEY (incident_id, write) REFERENCES incident_versions (record_id, write)
) STRICT;

CREATE TABLE incident_sources (
    incident_id TEXT NOT NULL,
    write INTEGER NOT NULL,
    position INTEGER NOT NULL,
    source_id TEXT NOT NULL REFERENCES records (id),
    credence TEXT NOT NULL,
    PRIMARY KEY (incident_id, write, position),
    FOREIGN KEY (incident_id, write) REFERENCES incident_versions (record_id, write)
) STRICT;

-- Two records of one person: record_id is counted as canonical_id. Persons are never rewritten.
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
