-- Achievements: each rule just below and at its border, what is lost and when, that badges say the same, and that each is told once.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('achievements.example') \gset
SELECT tests.sign_up('fan' || n || '@achievements.example') AS id INTO TEMP fan FROM generate_series(1, 101) n;
CREATE TEMP TABLE numbered AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM fan;
GRANT SELECT ON numbered TO PUBLIC;
DELETE FROM outbox_events;

CREATE FUNCTION tests.looked_at(who uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE statistics_progress SET known_until = now();
    PERFORM recount_achievements(who);
    PERFORM refresh_achievements(1000);
    RETURN coalesce((SELECT string_agg(achievement || CASE WHEN lost_at IS NOT NULL THEN ' lost' WHEN failing_since IS NOT NULL THEN ' failing' ELSE '' END, ', ' ORDER BY achievement) FROM user_achievements WHERE user_id = who), '-');
END $$;
CREATE FUNCTION tests.badges(who uuid) RETURNS text LANGUAGE sql AS $$ SELECT array_to_string(badges, ' ') FROM profiles WHERE id = who $$;
-- n orders as they stand at the end, and the counters that triggers would have kept
CREATE FUNCTION tests.sold(seller uuid, buyer uuid, n integer, ago interval DEFAULT '1 day', status text DEFAULT 'completed', ship interval DEFAULT '1 hour', cancelled_by uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR i IN 1 .. n LOOP
        INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, paid_at, shipped_at, delivered_at)
        VALUES (sold.buyer, sold.seller, 1, 1, sold.status::order_status, now() - ago, CASE WHEN cancelled_by IS NULL THEN now() - ago + ship END, CASE WHEN sold.status = 'completed' THEN now() - ago + ship END) RETURNING id INTO made;
        INSERT INTO order_status_history (order_id, to_status, changed_by) VALUES (made, sold.status::order_status, cancelled_by);
    END LOOP;
    UPDATE user_stats_summary s SET total_sales = (SELECT count(*) FROM orders o WHERE o.seller_id = s.user_id AND o.status = 'completed'),
                                    total_purchases = (SELECT count(*) FROM orders o WHERE o.buyer_id = s.user_id AND o.status = 'completed');
    SET LOCAL session_replication_role = origin;
END $$;
CREATE FUNCTION tests.disputed(sold uuid, by_whom uuid, against uuid, resolution text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description, status, resolution, resolved_at)
    VALUES (gen_random_uuid(), sold, by_whom, against, 'other', 'x', 'x', 'resolved', disputed.resolution::resolution_type, now());
    SET LOCAL session_replication_role = origin;
END $$;
CREATE FUNCTION tests.person(name text) RETURNS uuid LANGUAGE sql AS $$ SELECT tests.sign_up(name || '@achievements.example') $$;

-- first_sale, power_seller
SELECT tests.person('power') AS power, tests.person('buyer-of-power') AS customer \gset
SELECT is(tests.looked_at(:'power'), '-', 'nobody begins with an achievement');
SELECT is(tests.badges(:'power'), '', 'nor a badge');
SELECT tests.sold(:'power', :'customer', 1, status => 'delivered', ago => '200 days', ship => '30 days') \g /dev/null
SELECT is(tests.looked_at(:'power'), '-', 'a sale that is not completed is none');
SELECT tests.sold(:'power', :'customer', 1, '200 days', ship => '30 days') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale', 'the first sale');
SELECT is(tests.badges(:'power'), 'first_sale', 'is a badge');
SELECT results_eq('SELECT kind, actor_id, data ->> ''type'', data ->> ''user_id'' FROM outbox_events WHERE kind = ''achievement.earned''', format('VALUES (''achievement.earned'', NULL::uuid, ''first_sale'', %L)', :'power'), 'and an event');
SELECT is((SELECT subject_id FROM outbox_events WHERE kind = 'achievement.earned'), (SELECT id FROM user_achievements WHERE user_id = :'power'), 'of its row');
SELECT tests.sold(:'power', :'customer', 48, '200 days', ship => '30 days') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale', '49 sales are too few');
SELECT tests.sold(:'power', :'customer', 1, '366 days', ship => '23 hours') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale', 'one more than a year ago does not count');
SELECT tests.sold(:'power', :'customer', 1, '200 days', ship => '30 days') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', '50 do');
SELECT tests.sold(:'power', :'customer', 1, '100 days', 'cancelled', cancelled_by => :'power'), tests.sold(:'power', :'customer', 5, '100 days', 'cancelled', cancelled_by => :'customer') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', 'one of 57 that the seller cancelled is less than 3 %');
SELECT tests.sold(:'power', :'customer', 1, '100 days', 'refunded', cancelled_by => :'power') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller failing', 'two of 58 are more');
SELECT is(tests.badges(:'power'), 'first_sale power_seller', 'for 14 days the badge stays');
UPDATE user_achievements SET failing_since = now() - interval '13 days 23:59:59' WHERE user_id = :'power' AND achievement = 'power_seller';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller failing', 'until the last second');
UPDATE user_achievements SET failing_since = now() - interval '14 days' WHERE user_id = :'power' AND achievement = 'power_seller';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller lost', 'then it is lost');
SELECT is(tests.badges(:'power'), 'first_sale', 'and so is the badge');
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller lost', 'and stays lost');
SELECT tests.sold(:'power', :'customer', 9, '10 days', ship => '2 days') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', 'two of 67 are not: it is back');
SELECT is(tests.badges(:'power'), 'first_sale power_seller', 'with its badge');
SELECT is((SELECT count(*) FROM outbox_events WHERE kind = 'achievement.earned'), 2::bigint, 'what was earned before is not told again');
SELECT tests.disputed((SELECT id FROM orders WHERE seller_id = :'power' LIMIT 1), :'customer', :'power', 'full_refund') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller failing', 'one dispute of 67 that was lost is more than 1 %');
UPDATE disputes SET resolution = 'no_action';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', 'one that was won is none; and what does not fail any more begins anew');
UPDATE disputes SET initiated_by = :'power', respondent_id = :'customer';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller failing', 'who complains in vain has lost it');
-- each outcome: who was the respondent and gave something, or began and got nothing
CREATE FUNCTION tests.against(who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome resolution_type; losses text;
BEGIN
    FOREACH outcome IN ARRAY enum_range(NULL::resolution_type) LOOP
        UPDATE disputes SET resolution = outcome;
        losses := concat_ws(' ', nullif(losses, ''), CASE WHEN private.decided_against(who, now() - interval '1 day') > 0 THEN outcome END);
    END LOOP;
    UPDATE disputes SET resolution = 'no_action';
    RETURN losses;
END $$;
SELECT is(tests.against(:'power') || '; ' || tests.against(:'customer'), 'no_action; full_refund partial_refund replacement return_and_refund keep_item_partial_refund', 'who has lost by which decision');
UPDATE disputes SET resolved_at = now() - interval '366 days';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', 'a year ago');
-- what was sent and paid back later is a return, and not a cancellation
SELECT tests.sold(:'power', :'customer', 3, '100 days', 'refunded', cancelled_by => :'power') \g /dev/null
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller failing', 'five of 70 that were never sent');
UPDATE orders SET shipped_at = now() - interval '99 days' WHERE seller_id = :'power' AND status = 'refunded';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', 'are one when four of them were');
UPDATE profiles SET suspended_at = now() WHERE id = :'power';
DELETE FROM disputes;
UPDATE orders SET delivered_at = now() - interval '2 years' WHERE seller_id = :'power';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', 'while somebody is suspended nothing is lost');
UPDATE profiles SET suspended_at = NULL, deleted_at = now() WHERE id = :'power';
SELECT is(tests.looked_at(:'power'), 'first_sale, power_seller', 'nor after the account was deleted');
SELECT tests.sold(:'suspended', :'customer', 1) \g /dev/null
SELECT is(tests.looked_at(:'suspended'), '-', 'and nothing is earned');

-- top_rated
SELECT tests.person('rated') AS rated \gset
CREATE FUNCTION tests.rates(who uuid, stars integer, how integer, ago interval DEFAULT '1 day', as_seller boolean DEFAULT true) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type, created_at)
    SELECT gen_random_uuid(), NULL, who, stars, CASE WHEN as_seller THEN 'seller' ELSE 'buyer' END::rating_type, now() - ago FROM generate_series(1, how);
    UPDATE user_stats_summary SET total_ratings = (SELECT count(*) FROM user_ratings WHERE rated_user_id = who) WHERE user_id = who;
    SET LOCAL session_replication_role = origin;
END $$;
SELECT tests.rates(:'rated', 5, 7), tests.rates(:'rated', 4, 2), tests.rates(:'rated', 5, 5, as_seller => false), tests.rates(:'rated', 5, 5, '366 days') \g /dev/null
SELECT is(tests.looked_at(:'rated'), '-', 'nine of a year as a seller are too few');
SELECT tests.rates(:'rated', 5, 1) \g /dev/null
SELECT is(tests.looked_at(:'rated'), 'top_rated', '4.80 of ten');
SELECT tests.rates(:'rated', 4, 1), tests.rates(:'rated', 5, 3) \g /dev/null
SELECT is(tests.looked_at(:'rated'), 'top_rated failing', '4.79 of 14');
UPDATE user_achievements SET failing_since = now() - interval '15 days';
SELECT is(tests.looked_at(:'rated'), 'top_rated lost', 'is lost after the days of grace');

-- verified_seller
SELECT tests.person('verified') AS verified \gset
UPDATE profiles SET is_verified = true WHERE id = :'verified';
INSERT INTO payment_accounts (user_id) VALUES (:'verified');
SELECT is(tests.looked_at(:'verified'), '-', 'an account that is not verified');
UPDATE payment_accounts SET is_verified = true;
SELECT is(tests.looked_at(:'verified'), 'verified_seller', 'and one that is');
UPDATE profiles SET is_verified = false WHERE id = :'verified';
SELECT is(tests.looked_at(:'verified'), 'verified_seller lost', 'is lost at once');
SELECT is(tests.badges(:'verified'), '', 'with its badge');
UPDATE profiles SET is_verified = true WHERE id = :'verified';
UPDATE payment_accounts SET is_verified = false, verified = true;
SELECT is(tests.looked_at(:'verified'), 'verified_seller', 'an account that is checked by hand is one too');

-- quick_shipper: the median within 24 hours, 9 of 10 within 48
SELECT tests.person('quick') AS quick \gset
SELECT tests.sold(:'quick', NULL, 9, status => 'shipped', ago => '80 days', ship => '24 hours') \g /dev/null
SELECT is(tests.looked_at(:'quick'), '-', 'nine are too few');
SELECT tests.sold(:'quick', NULL, 1, status => 'shipped', ago => '80 days', ship => '48 hours 1 second') \g /dev/null
SELECT is(tests.looked_at(:'quick'), 'quick_shipper', 'of ten one may take longer than two days');
SELECT tests.sold(:'quick', NULL, 1, status => 'shipped', ago => '80 days', ship => '50 hours') \g /dev/null
SELECT is(tests.looked_at(:'quick'), 'quick_shipper failing', 'two of eleven may not');
SELECT tests.sold(:'quick', NULL, 9, status => 'shipped', ago => '80 days', ship => '24 hours') \g /dev/null
SELECT is(tests.looked_at(:'quick'), 'quick_shipper', 'two of twenty may');
SELECT tests.sold(:'quick', NULL, 20, status => 'shipped', ago => '80 days', ship => '25 hours') \g /dev/null
SELECT is(tests.looked_at(:'quick'), 'quick_shipper failing', 'but not all take more than a day');

-- social_butterfly
SELECT tests.person('social') AS social \gset
UPDATE profiles SET created_at = now() - interval '7 days' WHERE id IN (SELECT id FROM fan);
SET LOCAL session_replication_role = replica;
INSERT INTO user_follows (follower_id, following_id) SELECT id, :'social' FROM numbered WHERE n <= 50 UNION ALL SELECT :'social', id FROM numbered WHERE n <= 20;
UPDATE user_stats_summary SET follower_count = 50, following_count = 20 WHERE user_id = :'social';
SET LOCAL session_replication_role = origin;
SELECT is(tests.looked_at(:'social'), '-', 'accounts of seven days are too young');
UPDATE profiles SET created_at = now() - interval '7 days 1 second' WHERE id IN (SELECT id FROM numbered WHERE n > 1);
SELECT is(tests.looked_at(:'social'), '-', '49 and 19 are too few');
UPDATE profiles SET created_at = now() - interval '7 days 1 second' WHERE id IN (SELECT id FROM numbered);
SELECT is(tests.looked_at(:'social'), 'social_butterfly', '50 and 20 are not');
SET LOCAL session_replication_role = replica;
DELETE FROM user_follows;
SET LOCAL session_replication_role = origin;
UPDATE user_stats_summary SET follower_count = 0, following_count = 0 WHERE user_id = :'social';
SELECT is(tests.looked_at(:'social'), 'social_butterfly', 'it is never lost');

-- loyal_customer
SELECT tests.person('loyal') AS loyal, tests.person('shop') AS shop \gset
SELECT tests.sold(:'shop', :'loyal', 3, '65 days'), tests.sold(:'shop', :'loyal', 3, '35 days'), tests.sold(:'shop', :'loyal', 4, '0 days') \g /dev/null
SELECT is(tests.looked_at(:'loyal'), '-', 'ten purchases in three months');
UPDATE orders SET paid_at = date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '3 months' WHERE id = (SELECT id FROM orders WHERE buyer_id = :'loyal' ORDER BY paid_at LIMIT 1);
UPDATE orders SET paid_at = date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 month' WHERE paid_at = now() - interval '35 days' AND buyer_id = :'loyal';
UPDATE orders SET paid_at = date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '2 months' WHERE paid_at = now() - interval '65 days' AND buyer_id = :'loyal';
UPDATE orders SET status = 'refunded' WHERE id = (SELECT id FROM orders WHERE buyer_id = :'loyal' AND paid_at = now() LIMIT 1);
SELECT is(tests.looked_at(:'loyal'), '-', 'nine in four');
SELECT tests.sold(:'shop', :'loyal', 1, '0 days') \g /dev/null
SELECT tests.disputed((SELECT id FROM orders WHERE buyer_id = :'loyal' LIMIT 1), :'loyal', :'shop', 'no_action') \g /dev/null
SELECT is(tests.looked_at(:'loyal'), '-', 'ten in four, but who lost a dispute');
UPDATE disputes SET resolution = 'cancelled_by_buyer' WHERE initiated_by = :'loyal';
SELECT is(tests.looked_at(:'loyal'), 'loyal_customer', 'one that was withdrawn is none');

-- trendsetter
SELECT tests.person('trend') AS trend \gset
SELECT tests.a_listing(:'trend') AS hit, tests.a_listing(:'trend') AS other_hit \gset
UPDATE listings SET published_at = now() - interval '31 days' WHERE seller_id = :'trend';
INSERT INTO favorites (user_id, listing_id, created_at) SELECT id, :'hit', now() - interval '1 day' FROM numbered WHERE n <= 99;
INSERT INTO favorites (user_id, listing_id, created_at) VALUES (:'trend', :'hit', now() - interval '2 days');
INSERT INTO favorites (user_id, listing_id, created_at) SELECT id, :'hit', now() - interval '1 day' + interval '1 microsecond' FROM numbered WHERE n = 100;
SELECT is(tests.looked_at(:'trend'), '-', '99 others within 30 days, the seller, and one a moment later');
INSERT INTO favorites (user_id, listing_id, created_at) SELECT id, :'hit', now() - interval '1 day' FROM numbered WHERE n = 101;
SELECT is(tests.looked_at(:'trend'), 'trendsetter', 'a hundred');
SELECT tests.person('trends') AS trends \gset
SELECT tests.a_listing(:'trends') FROM generate_series(1, 5) \g /dev/null
INSERT INTO favorites (user_id, listing_id) SELECT f.id, l.id FROM numbered f, (SELECT id, row_number() OVER (ORDER BY id) AS place FROM listings WHERE seller_id = :'trends') l WHERE f.n <= CASE l.place WHEN 1 THEN 24 ELSE 25 END;
SELECT is(tests.looked_at(:'trends'), '-', 'four with 25 and one with 24');
INSERT INTO favorites (user_id, listing_id) SELECT f.id, l.id FROM numbered f, listings l WHERE seller_id = :'trends' AND f.n = 25 ON CONFLICT DO NOTHING;
SELECT is(tests.looked_at(:'trends'), 'trendsetter', 'five with 25');

-- Told once each
SELECT is((SELECT string_agg(data ->> 'type' || ' ' || n, ', ' ORDER BY data ->> 'type') FROM (SELECT data, count(*) AS n FROM (SELECT jsonb_build_object('type', data -> 'type', 'user', data -> 'user_id') AS data FROM outbox_events WHERE kind = 'achievement.earned') e GROUP BY data) e),
    'first_sale 1, loyal_customer 1, power_seller 1, quick_shipper 1, social_butterfly 1, top_rated 1, trendsetter 1, trendsetter 1, verified_seller 1', 'each achievement was told once');

-- Badges
UPDATE profiles SET badges = '{staff_pick}' || badges WHERE id = :'trend';
INSERT INTO user_achievements (user_id, achievement) VALUES (:'trend', 'first_sale');
SELECT is(tests.badges(:'trend'), 'staff_pick first_sale trendsetter', 'other badges stay in front');
DELETE FROM user_achievements WHERE user_id = :'trend' AND achievement = 'trendsetter';
SELECT is(tests.badges(:'trend'), 'staff_pick first_sale', 'what the service takes is gone');
UPDATE user_achievements SET user_id = :'trends' WHERE user_id = :'trend';
SELECT is(tests.badges(:'trend') || ', ' || tests.badges(:'trends'), 'staff_pick, first_sale trendsetter', 'and goes where the row goes');
SELECT is_empty('SELECT id FROM profiles WHERE badges IS DISTINCT FROM private.badges_of(id)', 'all badges are what they have to be');
SELECT is((SELECT array_to_string(badges, ' ') FROM public_profile(:'trends')), 'first_sale trendsetter', 'everybody sees them');

-- Who is looked at: with an event since the last time, or once a day who can lose something
CREATE FUNCTION tests.noted() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    noted text;
BEGIN
    DELETE FROM statistics_due;
    PERFORM private.note_achievements_due();
    SELECT string_agg(split_part(u.email, '@', 1), ' ' ORDER BY u.email) INTO noted FROM statistics_due d JOIN profiles u ON u.id = d.user_id WHERE d.task = 'achievements';
    RETURN coalesce(noted, 'nobody');
END $$;
SET LOCAL session_replication_role = replica;
UPDATE user_stats_summary SET updated_at = now() - interval '1 hour';
DELETE FROM favorites WHERE created_at > now() - interval '1 hour';
SET LOCAL session_replication_role = origin;
UPDATE statistics_progress SET known_until = now() - interval '6 minutes' WHERE name = 'achievements';
SELECT is(tests.noted(), 'nobody', 'without an event nobody is looked at');
SELECT is(tests.noted(), 'nobody', 'again');
UPDATE statistics_progress SET known_until = now() - interval '6 minutes' WHERE name = 'achievements';
UPDATE user_stats_summary SET updated_at = now() WHERE user_id = :'loyal';
UPDATE profiles SET is_verified = false WHERE id = :'verified';
SET LOCAL session_replication_role = replica;
INSERT INTO favorites (user_id, listing_id) SELECT :'loyal', :'other_hit';
UPDATE listings SET favorite_count = 25 WHERE id = :'other_hit';
SET LOCAL session_replication_role = origin;
SELECT is(tests.noted(), 'loyal trend verified', 'whose numbers, favorites, or verification have changed');
UPDATE statistics_progress SET known_until = now() - interval '6 minutes' WHERE name = 'achievements';
UPDATE statistics_progress SET known_until = now() - interval '1 day' WHERE name = 'achievements of the day';
UPDATE user_stats_summary SET follower_count = 50 WHERE user_id = :'shop';
SELECT is(tests.noted(), 'loyal power quick shop trend verified', 'once a day who can lose something, or has enough followers');
UPDATE statistics_progress SET known_until = now() - interval '6 minutes' WHERE name = 'achievements';
SELECT is(tests.noted(), 'loyal trend verified', 'not more often');

-- Rules
SELECT tests.person('newcomer') AS newcomer \gset
SELECT is(tests.asked('admin', $$set_achievement_rule('loyal_customer', '{"purchases": 1, "months": 1}')$$)::jsonb, '{"purchases": 1, "months": 1}', 'an admin changes a rule');
SELECT is(tests.asked('service', $$set_achievement_rule('loyal_customer', '{"months": 2}')$$)::jsonb, '{"purchases": 1, "months": 2}', 'the service does, and what is not named stays');
SELECT tests.sold(:'shop', :'newcomer', 1) \g /dev/null
SELECT is(tests.looked_at(:'newcomer'), '-', 'one month is not two');
SELECT is(tests.asked('admin', $$set_achievement_rule('loyal_customer', '{"months": 1}')$$)::jsonb, '{"purchases": 1, "months": 1}', 'one is enough now');
SELECT is(tests.looked_at(:'newcomer'), 'loyal_customer', 'by the new rule');
SELECT results_eq($$SELECT count(*), count(admin_id), min(target_type) FROM admin_audit_log WHERE action = 'set_achievement_rule'$$, $$VALUES (3::bigint, 2::bigint, 'achievement_rule'::text)$$, 'all of it is on record');
SELECT is(tests.asked('admin', statement), told, statement) FROM (VALUES
    ($$set_achievement_rule('best_of_all', '{}')$$, '22023 unrecognized achievement: "best_of_all"'),
    ($$set_achievement_rule(NULL, '{}')$$, '22004 achievement must not be NULL'),
    ($$set_achievement_rule('first_sale', NULL)$$, '22004 thresholds must not be NULL'),
    ($$set_achievement_rule('first_sale', '[]')$$, '22023 invalid thresholds of an achievement'),
    ($$set_achievement_rule('first_sale', '{"days": 3}')$$, '22023 invalid thresholds of an achievement'),
    ($$set_achievement_rule('first_sale', '{"sales": "3"}')$$, '22023 invalid thresholds of an achievement'),
    ($$set_achievement_rule('first_sale', '{"sales": -1}')$$, '22023 invalid thresholds of an achievement'),
    ($$set_achievement_rule('first_sale', '{"sales": 1e300}')$$, '22023 invalid thresholds of an achievement')) AS v (statement, told);
SELECT is(tests.answers('anon buyer moderator suspended', $$SELECT set_achievement_rule('first_sale', '{}')$$), '42501 for anon buyer moderator suspended', 'nobody else changes a rule');
SELECT is(tests.answers('anon buyer admin', statement), '42501 for anon buyer admin', statement)
  FROM unnest(ARRAY['SELECT refresh_achievements()', 'SELECT recount_achievements()', 'SELECT * FROM achievement_rules', format('INSERT INTO user_achievements (user_id, achievement) VALUES (%L, ''top_rated'')', :'buyer')]) AS statement;
SELECT is(tests.asked('service', 'refresh_achievements(NULL)'), '22004 max_rows must not be NULL', 'how many has to be said');
SELECT matches(tests.asked('service', 'recount_achievements(gen_random_uuid())'), '^P0002 user ".*" does not exist$', 'nobody has no achievements');
SELECT tests.log_in(:'trends') \g /dev/null
SELECT results_eq('SELECT achievement::text FROM user_achievements ORDER BY achievement', $$VALUES ('first_sale'), ('trendsetter')$$, 'users see their own');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
