-- The register: one line a record of any noun, never changed. What a record says lies in its versions.
CREATE TABLE records (
    id TEXT NOT NULL PRIMARY KEY,
    noun TEXT NOT NULL,
    code TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_write INTEGER NOT NULL,
    UNIQUE (noun, code)
) STRICT;
CREATE INDEX records_by_age ON records (noun, created_at, id);

CREATE TABLE term_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    vocabulary TEXT NOT NULL,
    term TEXT NOT NULL,
    broader TEXT,
    family TEXT,
    crosswalk TEXT,
    texts TEXT NOT NULL,
    PRIMARY KEY (record_id, write)
) STRICT;
CREATE INDEX term_versions_by_code ON term_versions (vocabulary, term);

CREATE TABLE event_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    name TEXT NOT NULL,
    date TEXT NOT NULL,
    earliest TEXT NOT NULL,
    latest TEXT NOT NULL,
    PRIMARY KEY (record_id, write)
) STRICT;

CREATE TABLE source_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    kind TEXT NOT NULL,
    reliability TEXT NOT NULL,
    publication_id TEXT REFERENCES records (id),
    PRIMARY KEY (record_id, write)
) STRICT;
