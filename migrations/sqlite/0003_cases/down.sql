DROP TABLE linkage_versions;
DROP TABLE incident_sources;
DROP TABLE involvements;
DROP TABLE incident_versions;
DROP TABLE person_versions;
