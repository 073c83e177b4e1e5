-- :users people, and for each trigger function tables that are equal but for who the function is from.
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
\ir reference.sql
SET search_path = public;
CREATE SCHEMA bench;

CREATE FUNCTION bench.person(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5('bench' || n)::uuid $$;
INSERT INTO auth.users (id, email) SELECT bench.person(i), 'bench' || i || '@bench.example' FROM generate_series(1, :users) i;
INSERT INTO profile_setup_progress (user_id, step_name, completed)
SELECT bench.person(i), step, true FROM generate_series(1, :users) i, unnest(ARRAY['avatar_selected', 'profile_info_completed']) step;

-- What functions are called with.
CREATE TABLE bench.input AS
SELECT i, bench.person(i) AS id, 'https://cdn.example/listings/' || bench.person(i) || '/front.webp' AS url, (i * 1.37)::numeric AS amount FROM generate_series(1, :users) i;

-- update_updated_at_column: a table as wide as most. "empty" has a trigger that does nothing, for what a trigger costs as such.
CREATE TABLE bench.touched_none (id uuid PRIMARY KEY, name text, note text, price numeric(10,2), created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
CREATE TABLE bench.touched_ours (LIKE bench.touched_none INCLUDING ALL);
CREATE TABLE bench.touched_reference (LIKE bench.touched_none INCLUDING ALL);
CREATE TABLE bench.touched_empty (LIKE bench.touched_none INCLUDING ALL);
CREATE TRIGGER touch BEFORE UPDATE ON bench.touched_ours FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER touch BEFORE UPDATE ON bench.touched_reference FOR EACH ROW EXECUTE FUNCTION reference.update_updated_at_column();
CREATE TRIGGER touch BEFORE UPDATE ON bench.touched_empty FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();

-- update_setup_completion: both functions look at profile_setup_progress and write profiles.
CREATE TABLE bench.steps_none (LIKE profile_setup_progress INCLUDING DEFAULTS);
CREATE TABLE bench.steps_ours (LIKE profile_setup_progress INCLUDING DEFAULTS);
CREATE TABLE bench.steps_reference (LIKE profile_setup_progress INCLUDING DEFAULTS);
CREATE TRIGGER steps AFTER INSERT OR UPDATE ON bench.steps_ours FOR EACH ROW EXECUTE FUNCTION public.update_setup_completion();
CREATE TRIGGER steps AFTER INSERT OR UPDATE ON bench.steps_reference FOR EACH ROW EXECUTE FUNCTION reference.update_setup_completion();

-- handle_new_user: users who are in auth.users already, without a profile.
CREATE TABLE bench.users_none (LIKE auth.users INCLUDING DEFAULTS);
CREATE TABLE bench.users_ours (LIKE auth.users INCLUDING DEFAULTS);
CREATE TABLE bench.users_reference (LIKE auth.users INCLUDING DEFAULTS);
CREATE TRIGGER signup AFTER INSERT ON bench.users_ours FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
CREATE TRIGGER signup AFTER INSERT ON bench.users_reference FOR EACH ROW EXECUTE FUNCTION reference.handle_new_user();
CREATE TABLE bench.newcomers AS SELECT bench.person(i) AS id, 'bench' || i || '@bench.example' AS email FROM generate_series(10 * :users + 1, 11 * :users) i;
SET session_replication_role = replica;
INSERT INTO auth.users (id, email) SELECT id, email FROM bench.newcomers;
RESET session_replication_role;
VACUUM ANALYZE;
