-- Follows by function: for whom, and what of blocks, suspensions and deleted accounts is shown.
BEGIN;
SELECT * FROM no_plan();

SELECT tests.sign_up('ann@follows.example') AS ann \gset
SELECT tests.sign_up('bob@follows.example') AS bob \gset
SELECT tests.sign_up('sue@follows.example') AS sue \gset
SELECT tests.sign_up('del@follows.example') AS del \gset
SELECT tests.sign_up('foe@follows.example') AS foe \gset
SELECT tests.sign_up('nay@follows.example') AS nay \gset
SELECT suspend_user(:'sue', 'for the test') \g /dev/null
UPDATE profiles SET deleted_at = now() WHERE id = :'del';
SELECT tests.log_in(:'ann') \g /dev/null
SELECT block_user(:'nay') \g /dev/null
SELECT tests.log_in(:'foe') \g /dev/null
SELECT block_user(:'ann') \g /dev/null

SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok(format('SELECT follow(%L)', :'bob'), '42501', NULL, 'nobody follows without an account');
SELECT throws_ok('SELECT * FROM followers()', '42501', NULL, 'nor lists');

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(follow(:'bob'), true, 'a user is followed');
SELECT is(follow(:'bob'), false, 'once');
SELECT throws_ok('SELECT follow(NULL)', '22004', 'user_id must not be NULL', 'somebody has to be named');
SELECT throws_ok(format('SELECT follow(%L)', :'ann'), '22023', 'users cannot follow themselves', 'not oneself');
SELECT throws_ok(format('SELECT follow(%L)', u.id), 'P0002', format('user "%s" does not exist', u.id), u.who)
  FROM (VALUES ('00000000-0000-0000-0000-00000000000f'::uuid, 'nobody'), (:'sue', 'not a suspended user'), (:'del', 'not a deleted one'),
               (:'foe', 'and who has blocked the caller is as one who does not exist')) AS u (id, who);
SELECT throws_ok(format('SELECT follow(%L)', :'nay'), 'MK016', NULL, 'not whom one has blocked');
SELECT is((SELECT count(*) FROM user_follows WHERE follower_id = :'ann'), 1::bigint, 'what is refused leaves nothing');
SELECT is((SELECT follower_count FROM profiles WHERE id = :'bob'), 1, 'the follow is counted');
SELECT is(unfollow(:'bob'), true, 'a follow ends');
SELECT is(unfollow(:'bob'), false, 'once');
SELECT throws_ok('SELECT unfollow(NULL)', '22004', 'user_id must not be NULL', 'somebody has to be named to be unfollowed');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT throws_ok(format('SELECT follow(%L)', :'bob'), '42501', NULL, 'a suspended user follows nobody');
SELECT tests.log_out() \g /dev/null

-- Followers of bob: fifty, of whom one is suspended, one deleted, and one each on either side of a block with ann; all at one moment
CREATE TABLE tests.fan AS SELECT n, tests.sign_up(format('fan%s@follows.example', n)) AS id FROM generate_series(1, 50) n;
INSERT INTO user_follows (follower_id, following_id) SELECT id, :'bob' FROM tests.fan;
INSERT INTO user_follows (follower_id, following_id, created_at) VALUES (:'ann', :'bob', now() + interval '1 hour');
UPDATE profiles SET suspended_at = now() WHERE id = (SELECT id FROM tests.fan WHERE n = 1);
UPDATE profiles SET deleted_at = now() WHERE id = (SELECT id FROM tests.fan WHERE n = 2);
INSERT INTO user_blocks SELECT :'ann', id FROM tests.fan WHERE n = 3;
INSERT INTO user_blocks SELECT id, :'ann' FROM tests.fan WHERE n = 4;
INSERT INTO user_follows (follower_id, following_id) SELECT :'ann', id FROM tests.fan WHERE n = 5;

GRANT SELECT ON tests.fan TO PUBLIC;
CREATE FUNCTION tests.people(list text, whose uuid, size integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    found uuid[] := '{}';
    page uuid[];
    place text;
    cursors bigint;
BEGIN
    LOOP
        EXECUTE format('SELECT array_agg(id), min(next_cursor), count(DISTINCT coalesce(next_cursor, %L)) FROM %I($1, $2, $3)', '', list) INTO page, place, cursors USING whose, place, size;
        ASSERT cursors = 1, 'one cursor for a page';
        found := found || page;
        EXIT WHEN place IS NULL;
    END LOOP;
    RETURN found;
END $$;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(cardinality(tests.people('followers', :'bob', 7)), 47, 'pages have each follower that is shown');
SELECT is((SELECT count(DISTINCT i) FROM unnest(tests.people('followers', :'bob', 7)) i), 47::bigint, 'once');
SELECT is((tests.people('followers', :'bob', 7))[1], :'ann'::uuid, 'the latest first');
SELECT is(tests.people('followers', :'bob', 47), tests.people('followers', :'bob', 1), 'in one sequence, whatever the size of the page');
SELECT is_empty($$SELECT n FROM tests.fan WHERE n <= 4 AND id = ANY (tests.people('followers', (SELECT following_id FROM user_follows LIMIT 1), 100))$$, 'without those who are suspended, deleted or blocked, on either side');
SELECT results_eq(format('SELECT n FROM followers(%L, page_size => 100) f JOIN tests.fan t USING (id) WHERE f.is_followed', :'bob'), 'VALUES (5)', 'it says whom the caller follows');
SELECT set_eq('SELECT id FROM following()', format('SELECT id FROM tests.fan WHERE n = 5 UNION SELECT %L::uuid', :'bob'), 'whom one follows oneself');
SELECT results_eq(format('SELECT id, is_followed FROM following(%L)', (SELECT id FROM tests.fan WHERE n = 6)), format('VALUES (%L::uuid, true)', :'bob'), 'whom another user follows');
SELECT is_empty('SELECT * FROM followers()', 'nobody, where there is nobody');
SELECT throws_ok(format('SELECT * FROM followers(%L)', :'del'), 'P0002', NULL, 'not of a deleted user');
SELECT throws_ok('SELECT * FROM following(page_size => 0)', '22023', 'page_size must be between 1 and 100', 'pages have a size');
SELECT throws_ok(format('SELECT * FROM followers(cursor => %L)', c), '22023', 'cursor does not belong to this list', 'no cursor: ' || left(c, 20))
  FROM unnest(ARRAY['', 'x', '1.2', '99999999999999999999.00000000-0000-0000-0000-000000000000', repeat('1', 10000), E'1\n.00000000-0000-0000-0000-000000000000']) c;
SELECT tests.log_in(id) FROM tests.fan WHERE n = 3 \g /dev/null
SELECT is(cardinality(tests.people('followers', :'bob', 100)), 48, 'who is blocked does not see who has blocked them, and all others');

SELECT * FROM finish();
ROLLBACK;
