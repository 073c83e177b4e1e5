-- What an application has without driplo's search: a tsvector column with ts_rank, trigrams on the title.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE bench.plain AS
SELECT id, title::text AS title, setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', COALESCE(brand, '')), 'B') || setweight(to_tsvector('simple', description), 'D') AS doc
  FROM listings
 WHERE status = 'active';
CREATE INDEX plain_doc ON bench.plain USING gin (doc);
CREATE INDEX plain_title ON bench.plain USING gin (title gin_trgm_ops);
GRANT SELECT ON bench.plain TO anon;
VACUUM ANALYZE bench.plain;
