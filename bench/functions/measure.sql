-- Times each function of the reference on both sides, in turns, in one session; the best of :rounds rounds counts, less what
-- the same statement takes without the function.
SET search_path = public;
SET client_min_messages = warning;
SET request.jwt.claims = '{"sub": "11111111-1111-4111-8111-111111111111", "role": "authenticated", "aud": "authenticated", "email": "bench@bench.example", "app_metadata": {"provider": "email"}}';

\ir ../processor_time.sql

-- In {} stands the side: a schema of functions, or the ending of a table's name. Before each round `before` is run, once for each side.
-- `nothing` is what the loop costs alone, `plain` the best SQL without a function; `times` makes short ones long enough for the clock.
DROP TABLE IF EXISTS bench.cases, bench.times;
CREATE TABLE bench.cases (position integer GENERATED ALWAYS AS IDENTITY, times integer DEFAULT 1, name text, statement text, nothing text, plain text, before text, target numeric, note text);
INSERT INTO bench.cases (times, name, statement, nothing, plain, target) VALUES
    (:many, 'calculate_platform_fee', 'SELECT count({}.calculate_platform_fee(amount)) FROM bench.input, generate_series(1, {times})', 'SELECT count(amount) FROM bench.input, generate_series(1, {times})',
     'SELECT count(round(amount * 0.05, 2)) FROM bench.input, generate_series(1, {times})', 2),
    (:many, 'get_optimized_image_url', $$SELECT count({}.get_optimized_image_url(url, 'small')) FROM bench.input, generate_series(1, {times})$$, 'SELECT count(url) FROM bench.input, generate_series(1, {times})',
     $$SELECT count(CASE WHEN url ~ '_(thumb|small|medium|large)\.webp$' THEN url ELSE regexp_replace(url, '\.webp$', '_small.webp') END) FROM bench.input, generate_series(1, {times})$$, 10),
    (:many / 4 + 1, 'generate_order_number', 'SELECT count({}.generate_order_number()) FROM bench.input, generate_series(1, {times})', 'SELECT count(i) FROM bench.input, generate_series(1, {times})', NULL, 3),
    (:many / 10 + 1, 'get_or_create_cart', 'SELECT count({}.get_or_create_cart(id)) FROM bench.input, generate_series(1, {times})', 'SELECT count(id) FROM bench.input, generate_series(1, {times})',
     'SELECT count((SELECT c.id FROM shopping_carts c WHERE c.user_id = input.id AND (c.expires_at IS NULL OR c.expires_at > now()))) FROM bench.input, generate_series(1, {times})', 1.5),
    (:many / 10 + 1, 'is_admin', 'SELECT count({}.is_admin(id)) FROM bench.input, generate_series(1, {times})', 'SELECT count(id) FROM bench.input, generate_series(1, {times})',
     $$SELECT count((SELECT p.role = 'admin' FROM profiles p WHERE p.id = input.id)) FROM bench.input, generate_series(1, {times})$$, 2),
    (:many / 10 + 1, 'is_profile_setup_complete', 'SELECT count({}.is_profile_setup_complete(id)) FROM bench.input, generate_series(1, {times})', 'SELECT count(id) FROM bench.input, generate_series(1, {times})', NULL, NULL),
    (:many, 'auth.uid()', 'SELECT count({uid}) FROM bench.input, generate_series(1, {times})', 'SELECT count(i) FROM bench.input, generate_series(1, {times})', NULL, 5);
INSERT INTO bench.cases (name, statement, nothing, plain, before, target, note) VALUES
    ('update_updated_at_column', $$UPDATE bench.touched_{} SET note = 'changed'$$, $$UPDATE bench.touched_none SET note = 'changed'$$, NULL,
     'TRUNCATE bench.touched_{}; INSERT INTO bench.touched_{} (id, name, note, price) SELECT id, ''A name of some length'', ''a note'', amount FROM bench.input', 3, 'per row, above no trigger'),
    ('update_updated_at_column', $$UPDATE bench.touched_{} SET note = 'changed'$$, $$UPDATE bench.touched_empty SET note = 'changed'$$, NULL,
     'TRUNCATE bench.touched_{}; INSERT INTO bench.touched_{} (id, name, note, price) SELECT id, ''A name of some length'', ''a note'', amount FROM bench.input', NULL, 'above a trigger that does nothing'),
    ('update_setup_completion', $$UPDATE bench.steps_{} SET data = '{"seen": true}'$$, $$UPDATE bench.steps_none SET data = '{"seen": true}'$$, NULL,
     'TRUNCATE bench.steps_{}; INSERT INTO bench.steps_{} (user_id, step_name, completed) SELECT id, ''avatar_selected'', true FROM bench.input', 2, 'a step of a finished setup is saved again'),
    ('update_setup_completion', $$INSERT INTO bench.steps_{} (user_id, step_name, completed) SELECT id, 'profile_info_completed', true FROM bench.input$$,
     $$INSERT INTO bench.steps_none (user_id, step_name, completed) SELECT id, 'profile_info_completed', true FROM bench.input$$, NULL,
     'TRUNCATE bench.steps_{}; SET LOCAL session_replication_role = replica; UPDATE profiles SET setup_completed = false, setup_completed_at = NULL; SET LOCAL session_replication_role = origin', NULL,
     'the step that finishes the setup'),
    ('handle_new_user', 'INSERT INTO bench.users_{} SELECT u.* FROM auth.users u JOIN bench.newcomers USING (id)',
     'INSERT INTO bench.users_none SELECT u.* FROM auth.users u JOIN bench.newcomers USING (id)', NULL,
     'TRUNCATE bench.users_{}; SET LOCAL session_replication_role = replica;
      DELETE FROM user_stats_summary WHERE user_id IN (SELECT id FROM bench.newcomers); DELETE FROM shopping_carts WHERE user_id IN (SELECT id FROM bench.newcomers);
      DELETE FROM profiles WHERE id IN (SELECT id FROM bench.newcomers); SET LOCAL session_replication_role = origin', 1, NULL);

CREATE TABLE bench.times (position integer, side text, round integer, microseconds double precision);

-- A procedure, so that each round is a transaction.
CREATE OR REPLACE PROCEDURE bench.measure(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
    c record;
    side text;
    part text;
    sql text;
    since double precision;
BEGIN
    FOR c IN SELECT * FROM bench.cases ORDER BY position LOOP
        FOR round IN 0..rounds LOOP
            FOREACH side IN ARRAY ARRAY['nothing', 'reference', 'ours', 'plain'] LOOP
                sql := CASE side WHEN 'nothing' THEN c.nothing WHEN 'plain' THEN c.plain ELSE c.statement END;
                CONTINUE WHEN sql IS NULL;
                FOREACH part IN ARRAY string_to_array(coalesce(c.before, ''), ';') LOOP
                    part := replace(part, '{}', CASE side WHEN 'nothing' THEN CASE WHEN c.note ~ 'does nothing' THEN 'empty' ELSE 'none' END ELSE side END);
                    IF btrim(part) <> '' THEN EXECUTE part; END IF;
                END LOOP;
                COMMIT;
                sql := replace(sql, '{times}', c.times::text);
                sql := replace(sql, '{uid}', CASE side WHEN 'ours' THEN 'auth.uid()' ELSE 'reference.uid()' END);
                sql := replace(sql, '{}', CASE WHEN sql LIKE 'SELECT%' AND side = 'ours' THEN 'public' ELSE side END);
                since := bench.exact_time();
                EXECUTE sql;
                -- the first round only warms up
                IF round > 0 THEN
                    INSERT INTO bench.times VALUES (c.position, side, round, (bench.exact_time() - since) / c.times);
                END IF;
                COMMIT;
            END LOOP;
        END LOOP;
    END LOOP;
END $$;
CALL bench.measure(:rounds);

\pset format unaligned
\pset fieldsep '\t'
\pset tuples_only on
WITH best AS (SELECT position, side, min(microseconds) / :users AS each FROM bench.times GROUP BY position, side),
     net AS (SELECT position, side, each - (SELECT n.each FROM best n WHERE n.position = best.position AND n.side = 'nothing') AS each FROM best WHERE side <> 'nothing')
SELECT c.name, coalesce(c.note, ''), round(ours.each::numeric, 3), round(theirs.each::numeric, 3), coalesce(round(plain.each::numeric, 3)::text, ''),
       round((theirs.each / greatest(ours.each, 0.001))::numeric, 2), coalesce(c.target::text, '')
  FROM bench.cases c JOIN net ours ON ours.position = c.position AND ours.side = 'ours' JOIN net theirs ON theirs.position = c.position AND theirs.side = 'reference'
  LEFT JOIN net plain ON plain.position = c.position AND plain.side = 'plain'
 ORDER BY c.position;
