-- Delivery of events: each is handled once; one that cannot be handled does not stop the others, and is not lost.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('delivery.example') \gset

CREATE TABLE tests.handled (n integer GENERATED ALWAYS AS IDENTITY, ids bigint[]);
GRANT ALL ON tests.handled TO driplo_owner;
GRANT USAGE ON SCHEMA tests TO driplo_owner;
-- In the place of what tells people: notes what it gets, and fails for what is called so.
CREATE OR REPLACE FUNCTION private.handle_events(ids bigint[]) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    failing text := (SELECT min(e.kind) FROM outbox_events e WHERE e.id = ANY (ids) AND e.kind LIKE 'fails.%');
BEGIN
    IF failing = 'fails.now' THEN
        RAISE EXCEPTION 'cannot handle this' USING ERRCODE = 'data_exception';
    ELSIF failing = 'fails.by-another' THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected';
    ELSIF failing IS NOT NULL THEN
        RAISE EXCEPTION 'not now' USING ERRCODE = substr(failing, 7);
    END IF;
    INSERT INTO tests.handled (ids) VALUES (handle_events.ids);
END $$;
CREATE FUNCTION tests.deliver_all(max_rows integer DEFAULT 500) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer;
BEGIN
    PERFORM tests.log_in_as_service();
    n := deliver_events(max_rows);
    PERFORM tests.log_out();
    RETURN n;
END $$;
CREATE FUNCTION tests.add(VARIADIC kinds text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kind text;
BEGIN
    DELETE FROM outbox_events;
    DELETE FROM tests.handled;
    FOREACH kind IN ARRAY kinds LOOP
        PERFORM private.record_event(kind, NULL, NULL, '{"a": 1}');
    END LOOP;
END $$;
CREATE FUNCTION tests.left_over() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(kind || ' ' || attempts, ', ' ORDER BY id), 'nothing') FROM outbox_events
$$;
CREATE FUNCTION tests.handled_kinds() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(cardinality(ids)::text, ', ' ORDER BY n), 'nothing') FROM tests.handled
$$;

SELECT tests.add('a', 'b', 'c') \g /dev/null
SELECT is(tests.deliver_all(), 3, 'all that wait are taken');
SELECT is(tests.handled_kinds(), '3', 'together');
SELECT is(tests.left_over(), 'nothing', 'and are gone');
SELECT is(tests.deliver_all(), 0, 'then there is nothing');

SELECT tests.add('a', 'b', 'c') \g /dev/null
SELECT is(tests.deliver_all(2), 2, 'at most as many as asked for');
SELECT is(tests.left_over(), 'c 0', 'the first come first');
SELECT is(tests.deliver_all(0) + tests.deliver_all(-1), 0, 'none of none');
SELECT is(tests.left_over(), 'c 0', 'the rest waits');

-- One that fails
SELECT tests.add('a', 'fails.now', 'b') \g /dev/null
SELECT is(tests.deliver_all(), 3, 'with one that fails');
SELECT is(tests.handled_kinds(), '1, 1', 'the others are handled one by one');
SELECT is(tests.left_over(), 'fails.now 1', 'and it stays, with one attempt');
SELECT is(tests.deliver_all() + tests.deliver_all(), 2, 'it is tried twice more');
SELECT is(tests.left_over(), 'nothing', 'then it is out of the way');
SELECT results_eq('SELECT kind, attempts, sqlstate, error, data FROM outbox_dead', $$VALUES ('fails.now', 3, '22000', 'cannot handle this', '{"a": 1}'::jsonb)$$, 'with its error');
SELECT is(tests.handled_kinds(), '1, 1', 'nothing was handled twice');
SELECT results_eq($$SELECT rule, count(*) FROM check_integrity() WHERE rule LIKE 'event%' GROUP BY 1$$, $$VALUES ('event_dead', 1::bigint)$$, 'check_integrity() finds it');

-- and is given another chance
SELECT id AS dead FROM outbox_dead \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(retry_dead_events(ARRAY[0]), 0, 'an unknown number');
SELECT is(retry_dead_events(), 1, 'an admin lets it be tried again');
SELECT is(retry_dead_events(), 0, 'once');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(kind || ' ' || attempts || ' ' || id, '') FROM outbox_events), 'fails.now 0 ' || :'dead', 'with the number that it had');
SELECT results_eq($$SELECT admin_id, new_values FROM admin_audit_log WHERE action = 'retry_dead_events'$$, format($$VALUES (%L::uuid, '{"n": 1}'::jsonb)$$, :'admin'), 'which is on record');
UPDATE outbox_events SET kind = 'mended';
SELECT is(tests.deliver_all(), 1, 'now it is handled');
SELECT is((SELECT count(*) FROM outbox_dead) + (SELECT count(*) FROM outbox_events), 0::bigint, 'and is gone');

-- What another session is to blame for is no attempt
SELECT tests.add('a', 'fails.by-another') \g /dev/null
SELECT is(tests.deliver_all() + tests.deliver_all() + tests.deliver_all() + tests.deliver_all(), 5, 'an event that a deadlock stops');
SELECT is(tests.left_over(), 'fails.by-another 0', 'waits as it was');
CREATE FUNCTION tests.left_over_after(condition text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.add('a', 'fails.' || condition), tests.deliver_all(), tests.deliver_all(), tests.deliver_all();
    RETURN tests.left_over();
END $$;
SELECT is(string_agg(tests.left_over_after(condition), ', '), 'fails.serialization_failure 0, fails.lock_not_available 0', 'so does one that meets a lock or another snapshot')
  FROM unnest('{serialization_failure,lock_not_available}'::text[]) condition;

-- An error at the end of the transaction is found in time
CREATE FUNCTION tests.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'too late'; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON tests.handled DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (cardinality(NEW.ids) = 1 AND NEW.n % 2 = 0) EXECUTE FUNCTION tests.refuse();
SELECT tests.add('a', 'b', 'fails.now') \g /dev/null
SELECT lives_ok('SELECT tests.deliver_all()', 'what is checked at the end');
SELECT matches(tests.left_over(), '^[ab] 1, fails.now 1$', 'fails its event, and no other');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'and not the transaction');
SET CONSTRAINTS ALL DEFERRED;

-- Events of a statement that fails are gone with it
SELECT tests.add('a') \g /dev/null
DO $$ BEGIN PERFORM private.record_event('b', NULL, NULL); RAISE EXCEPTION 'no'; EXCEPTION WHEN raise_exception THEN NULL; END $$;
SELECT is(tests.left_over(), 'a 0', 'what was rolled back was not');
SELECT throws_ok($$SELECT private.record_event(NULL, NULL, NULL)$$, '22004', 'kind must not be NULL', 'an event has a kind');
SELECT throws_ok($$SELECT private.record_event('a', NULL, NULL, NULL)$$, '22004', 'data must not be NULL', 'and data');
SELECT throws_ok('SELECT deliver_events(NULL)', '22004', 'max_rows must not be NULL', 'how many has to be said');

-- Late ones
SELECT tests.add('a', 'b') \g /dev/null
UPDATE outbox_events SET created_at = now() - interval '2 hours' WHERE kind = 'a';
SELECT results_eq($$SELECT rule, detail FROM check_integrity() WHERE rule LIKE 'event%'$$, $$VALUES ('event_waiting', '1 events have been waiting for more than an hour.')$$, 'an event that waits for long is found');
SELECT tests.an_order(:'buyer', :'seller', 10, 'paid') AS bought \gset
SELECT is_empty($$SELECT * FROM check_integrity() WHERE rule = 'history_without_event'$$, 'a history with its events');
UPDATE order_status_history SET event_id = NULL, created_at = now() + interval '1 second' WHERE order_id = :'bought';
SELECT tests.an_order(:'buyer', :'seller', 10, 'paid') \g /dev/null
UPDATE order_status_history SET created_at = now() - interval '1 minute' WHERE event_id IS NOT NULL;
SELECT isnt_empty($$SELECT * FROM check_integrity() WHERE rule = 'history_without_event'$$, 'a step that nobody was told of is found');

SELECT * FROM finish();
ROLLBACK;
