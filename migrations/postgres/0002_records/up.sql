-- The register: one line a record of any noun, never changed. What a record says lies in its versions.
CREATE TABLE records (
    id UUID NOT NULL PRIMARY KEY,
    noun TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_write BIGINT NOT NULL,
    UNIQUE (noun, code)
);
CREATE INDEX records_by_age ON records (noun, created_at, id);

CREATE TABLE term_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    vocabulary TEXT COLLATE "C" NOT NULL,
    term TEXT COLLATE "C" NOT NULL,
    broader TEXT COLLATE "C",
    family TEXT COLLATE "C",
    crosswalk TEXT COLLATE "C",
    texts JSONB NOT NULL,
    PRIMARY KEY (record_id, write)
);
CREATE INDEX term_versions_by_code ON term_versions (vocabulary, term);

CREATE TABLE event_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    name TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    earliest DATE NOT NULL,
    latest DATE NOT NULL,
    PRIMARY KEY (record_id, write)
);

CREATE TABLE source_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    kind TEXT COLLATE "C" NOT NULL,
    reliability TEXT COLLATE "C" NOT NULL,
    publication_id UUID REFERENCES records (id),
    PRIMARY KEY (record_id, write)
);
