-- Public lists: by which codes a dimension is told, and in which order. Declarations of one dimension follow each other, and each
-- adds codes.
CREATE TABLE list_declarations (
    id UUID NOT NULL PRIMARY KEY,
    dimension TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('proposed', 'in_force', 'discarded')),
    -- The codes that it adds, as JSON, in their order.
    codes TEXT COLLATE "C" NOT NULL,
    -- By code the one of the list in which it lies, as JSON: a vocabulary may change, and the list may not.
    broader TEXT COLLATE "C" NOT NULL,
    -- Whether what is not known has a line; the same in every declaration of a list.
    unknown BOOLEAN NOT NULL,
    signatures_required INTEGER NOT NULL CHECK (signatures_required IN (1, 2)),
    proposed_by UUID NOT NULL REFERENCES accounts (id),
    proposed_at TIMESTAMPTZ NOT NULL,
    proposed_write BIGINT NOT NULL,
    in_force_write BIGINT,
    changed_write BIGINT NOT NULL,
    CHECK ((state = 'in_force') = (in_force_write IS NOT NULL))
);
-- What is declared next builds on what is in force, so that there is one proposal at a time.
CREATE UNIQUE INDEX list_declarations_proposed ON list_declarations (dimension) WHERE state = 'proposed';

-- Who signed which.
CREATE TABLE list_signatures (
    declaration_id UUID NOT NULL REFERENCES list_declarations (id),
    account_id UUID NOT NULL REFERENCES accounts (id),
    signed_at TIMESTAMPTZ NOT NULL,
    write BIGINT NOT NULL,
    PRIMARY KEY (declaration_id, account_id)
);

-- What a release told of case files, for the releases after it; and what a draft was computed from, so that publishing it can make
-- sure that nothing has changed. Neither is ever public.
ALTER TABLE releases ADD COLUMN told TEXT COLLATE "C";
ALTER TABLE releases ADD COLUMN digest TEXT COLLATE "C";
