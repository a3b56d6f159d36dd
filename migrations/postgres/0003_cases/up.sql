CREATE TABLE person_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    owner_id UUID NOT NULL REFERENCES accounts (id),
    ground TEXT COLLATE "C" NOT NULL,
    ground_figure_id UUID REFERENCES records (id),
    origin TEXT COLLATE "C" NOT NULL,
    sex TEXT COLLATE "C" NOT NULL,
    age_group TEXT COLLATE "C" NOT NULL,
    basis TEXT COLLATE "C" NOT NULL CHECK (basis IN ('case_file', 'reconstructed')),
    figure_id UUID REFERENCES records (id),
    source_system TEXT COLLATE "C",
    external_id TEXT COLLATE "C",
    PRIMARY KEY (record_id, write),
    CHECK ((source_system IS NULL) = (external_id IS NULL)),
    CHECK ((basis = 'reconstructed') = (figure_id IS NOT NULL))
);
CREATE UNIQUE INDEX person_external_ids ON person_versions (source_system, external_id)
    WHERE superseded_by IS NULL AND external_id IS NOT NULL;
-- Built from published figures: few, and asked for on their own by every aggregate.
CREATE INDEX reconstructed_persons ON person_versions (record_id) WHERE basis = 'reconstructed';

CREATE TABLE incident_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    person_id UUID NOT NULL REFERENCES records (id),
    kind TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    earliest DATE NOT NULL,
    latest DATE NOT NULL,
    -- The bucket that wholly contains the date, `_U` where none does.
    year TEXT COLLATE "C" NOT NULL,
    quarter TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    event_id UUID REFERENCES records (id),
    basis TEXT COLLATE "C" NOT NULL CHECK (basis IN ('case_file', 'reconstructed')),
    figure_id UUID REFERENCES records (id),
    PRIMARY KEY (record_id, write),
    CHECK (earliest <= latest),
    CHECK ((basis = 'reconstructed') = (figure_id IS NOT NULL))
);
CREATE INDEX incident_versions_by_person ON incident_versions (person_id, kind);

CREATE TABLE involvements (
    incident_id UUID NOT NULL,
    write BIGINT NOT NULL,
    position INTEGER NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    degree TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (incident_id, write, position),
    FOREIGN KEY (incident_id, write) REFERENCES incident_versions (record_id, write)
);

CREATE TABLE incident_sources (
    incident_id UUID NOT NULL,
    write BIGINT NOT NULL,
    position INTEGER NOT NULL,
    source_id UUID NOT NULL REFERENCES records (id),
    credence TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (incident_id, write, position),
    FOREIGN KEY (incident_id, write) REFERENCES incident_versions (record_id, write)
);

-- Two records of one person: record_id is counted as canonical_id. Persons are never rewritten.
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
