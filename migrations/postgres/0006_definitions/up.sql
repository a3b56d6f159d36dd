-- The term that took this one's place: records that carry this one are counted there.
ALTER TABLE term_versions ADD COLUMN replaced_by TEXT COLLATE "C";
-- What exactly a figure counts, of whom: a code of the vocabulary `definition`.
ALTER TABLE figure_versions ADD COLUMN definition TEXT COLLATE "C" NOT NULL DEFAULT '_U';
-- The write after which the figure's value was computed from its query.
ALTER TABLE figure_versions ADD COLUMN at_write BIGINT;
