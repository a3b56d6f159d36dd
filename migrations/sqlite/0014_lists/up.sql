-- Public lists: by which codes a dimension is told, and in which order. Declarations of one dimension follow each other, and each
-- adds codes.
CREATE TABLE list_declarations (
    id TEXT NOT NULL PRIMARY KEY,
    dimension TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'in_force', 'discarded')),
    -- The codes that it adds, as JSON, in their order.
    codes TEXT NOT NULL,
    -- By code the one of the list in which it lies, as JSON: a vocabulary may change, and the list may not.
    broader TEXT NOT NULL,
    -- Whether what is not known has a line; the same in every declaration of a list.
    unknown INTEGER NOT NULL CHECK (unknown IN (0, 1)),
    signatures_required INTEGER NOT NULL CHECK (signatures_required IN (1, 2)),
    proposed_by TEXT NOT NULL REFERENCES accounts (id),
    proposed_at TEXT NOT NULL,
    proposed_write INTEGER NOT NULL,
    in_force_write INTEGER,
    changed_write INTEGER NOT NULL,
    CHECK ((state = 'in_force') = (in_force_write IS NOT NULL))
) STRICT;
-- What is declared next builds on what is in force, so that there is one proposal at a time.
CREATE UNIQUE INDEX list_declarations_proposed ON list_declarations (dimension) WHERE state = 'proposed';

-- Who signed which.
CREATE TABLE list_signatures (
    declaration_id TEXT NOT NULL REFERENCES list_declarations (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    signed_at TEXT NOT NULL,
    write INTEGER NOT NULL,
    PRIMARY KEY (declaration_id, account_id)
) STRICT;

-- What a release told of case files, for the releases after it; and what a draft was computed from, so that publishing it can make
-- sure that nothing has changed. Neither is ever public.
ALTER TABLE releases ADD COLUMN told TEXT;
ALTER TABLE releases ADD COLUMN digest TEXT;
