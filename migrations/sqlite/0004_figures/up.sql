CREATE TABLE publication_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    published_on TEXT NOT NULL,
    publisher TEXT NOT NULL,
    address TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('draft', 'published')),
    note TEXT,
    PRIMARY KEY (record_id, write)
) STRICT;

CREATE TABLE figure_versions (
    record_id TEXT NOT NULL REFERENCES records (id),
    write INTEGER NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT,
    superseded_by INTEGER,
    publication_id TEXT NOT NULL REFERENCES records (id),
    name TEXT NOT NULL,
    measure TEXT NOT NULL CHECK (measure IN ('persons', 'incidents')),
    population TEXT NOT NULL,
    region TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value >= 0),
    qualifier TEXT NOT NULL CHECK (qualifier IN ('exact', 'about', 'at_least', 'more_than')),
    as_of TEXT NOT NULL,
    period_start TEXT,
    relation TEXT CHECK (relation IN ('subset_stated', 'subset_implied', 'outside', 'other_population')),
    parent_id TEXT REFERENCES records (id),
    breakdown TEXT,
    query TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('draft', 'published')),
    note TEXT,
    PRIMARY KEY (record_id, write)
) STRICT;
CREATE INDEX figure_versions_by_publication ON figure_versions (publication_id);
