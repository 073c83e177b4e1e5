-- Data for bench/run: 10,000 users, and two tables that are equal but for their trigger's function.
CREATE EXTENSION driplo CASCADE;
\ir reference.sql
SET search_path = public;
INSERT INTO auth.users (id, email) SELECT md5('bench' || i)::uuid, 'bench' || i || '@bench.example' FROM generate_series(1, 10000) i;
CREATE TABLE bench_ours (id int PRIMARY KEY, note text, updated_at timestamptz);
CREATE TABLE bench_reference (LIKE bench_ours INCLUDING ALL);
INSERT INTO bench_ours SELECT i FROM generate_series(1, 20000) i;
INSERT INTO bench_reference SELECT i FROM generate_series(1, 20000) i;
CREATE TRIGGER touch BEFORE UPDATE ON bench_ours FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER touch BEFORE UPDATE ON bench_reference FOR EACH ROW EXECUTE FUNCTION reference.update_updated_at_column();
VACUUM ANALYZE;
