ALTER TABLE figure_versions DROP COLUMN at_write;
ALTER TABLE figure_versions DROP COLUMN definition;
ALTER TABLE term_versions DROP COLUMN replaced_by;
