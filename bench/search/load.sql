-- What the search is measured with: categories, and what the procedures of measure.sql need. Listings follow by COPY.
SET client_min_messages = warning;
CREATE TABLE bench.new_categories (id uuid, name text, parent_id uuid);
CREATE TABLE bench.asked (number serial, kind text, query text, meant text);
CREATE TABLE bench.asked_fresh (number serial, kind text, query text, meant text);
CREATE TABLE bench.times (side text, kind text, filter text, microseconds double precision);
CREATE TABLE bench.found (side text, kind text, n integer, recall double precision, nothing integer);
CREATE TABLE bench.facts (what text, value text);
GRANT USAGE ON SCHEMA bench TO PUBLIC;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA bench TO anon;
