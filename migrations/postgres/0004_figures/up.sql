CREATE TABLE publication_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    published_on DATE NOT NULL,
    publisher TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    visibility TEXT COLLATE "C" NOT NULL CHECK (visibility IN ('draft', 'published')),
    note TEXT COLLATE "C",
    PRIMARY KEY (record_id, write)
);

CREATE TABLE figure_versions (
    record_id UUID NOT NULL REFERENCES records (id),
    write BIGINT NOT NULL REFERENCES audit_entries (write) DEFERRABLE INITIALLY DEFERRED,
    known_on DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'withdrawn')),
    reason TEXT COLLATE "C",
    superseded_by BIGINT,
    publication_id UUID NOT NULL REFERENCES records (id),
    name TEXT COLLATE "C" NOT NULL,
    measure TEXT COLLATE "C" NOT NULL CHECK (measure IN ('persons', 'incidents')),
    population TEXT COLLATE "C" NOT NULL,
    region TEXT COLLATE "C" NOT NULL,
    value BIGINT NOT NULL CHECK (value >= 0),
    qualifier TEXT COLLATE "C" NOT NULL CHECK (qualifier IN ('exact', 'about', 'at_least', 'more_than')),
    as_of DATE NOT NULL,
    period_start DATE,
    relation TEXT COLLATE "C" CHECK (relation IN ('subset_stated', 'subset_implied', 'outside', 'other_population')),
    parent_id UUID REFERENCES records (id),
    breakdown TEXT COLLATE "C",
    query TEXT COLLATE "C",
    visibility TEXT COLLATE "C" NOT NULL CHECK (visibility IN ('draft', 'published')),
    note TEXT COLLATE "C",
    PRIMARY KEY (record_id, write)
);
CREATE INDEX figure_versions_by_publication ON figure_versions (publication_id);
