DROP TABLE notices;
DROP TABLE seal_requests;
DROP TABLE figure_confirmations;
ALTER TABLE figure_versions DROP COLUMN address;
