DROP TABLE figure_versions;
DROP TABLE publication_versions;
