-- What the staff may do: suspend people, give roles, take listings off the market; and what anonymous and suspended people lose.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(93);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve,
       tests.sign_up('mia@example.com') AS mia, tests.sign_up('boss@example.com') AS boss \gset
SELECT promote_to_admin('boss@example.com') \gset ignored_
SELECT tests.a_listing(:'sue') AS lamp, tests.a_listing(:'sue', status => 'draft') AS draft \gset

-- Roles

SELECT tests.log_in(:'eve');
SELECT throws_ok(format($$SELECT set_user_role(%L, 'admin', 'me')$$, :'eve'), '42501', 'only an admin or the service can change a user''s role', 'a user gives no roles');
SELECT throws_ok(format($$SELECT set_user_role(%L, 'admin', 'me')$$, gen_random_uuid()), '42501', NULL, 'and does not learn who exists');
SELECT tests.log_in(:'boss');
SELECT lives_ok(format($$SELECT set_user_role(%L, 'moderator', 'trusted')$$, :'mia'), 'an admin makes a moderator');
SELECT throws_ok(format($$SELECT set_user_role(%L, 'user', 'tired')$$, :'boss'), '55000', 'cannot change your own role', 'not of the own role');
SELECT throws_ok(format($$SELECT set_user_role(%L, 'king', 'x')$$, :'eve'), '22023', 'unrecognized role: "king"', 'nor a role that is none');
SELECT throws_ok(format($$SELECT set_user_role(%L, 'user', 'x')$$, '00000000-0000-4000-8000-00000000dead'), 'P0002', 'user "00000000-0000-4000-8000-00000000dead" does not exist', 'nor of nobody');
SELECT throws_ok(format($$SELECT set_user_role(%L, 'moderator', '  ')$$, :'eve'), '22023', 'reason must not be empty', 'nor without a reason');
SELECT throws_ok(format($$SELECT set_user_role(%L, NULL, 'x')$$, :'eve'), '22004', NULL, 'nor without a role');
SELECT lives_ok(format($$SELECT set_user_role(%L, 'admin', 'both')$$, :'eve'), 'an admin makes another');
SELECT lives_ok(format($$SELECT set_user_role(%L, 'user', 'not any more')$$, :'eve'), 'and takes it back');
SELECT tests.log_out();
SELECT results_eq('SELECT username::text, role::text, is_admin FROM profiles ORDER BY username',
    $$VALUES ('ann', 'user', false), ('boss', 'admin', true), ('eve', 'user', false), ('mia', 'moderator', false), ('sue', 'user', false)$$, 'the roles are these');
SELECT set_eq($$SELECT old_values ->> 'role' AS before, new_values ->> 'role' AS after, new_values ->> 'reason' AS reason FROM admin_audit_log WHERE action = 'set_user_role'$$,
    $$VALUES ('user', 'moderator', 'trusted'), ('user', 'admin', 'both'), ('admin', 'user', 'not any more')$$, 'and each change is in the audit log');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'set_user_role' AND admin_id <> :'boss'), 0::bigint, 'signed by who did it');
SELECT is((SELECT count(*) FROM admin_approvals WHERE request_type = 'user_promotion' AND notes IN ('trusted', 'both', 'not any more')), 3::bigint, 'and among the approvals');

-- Listings

SELECT tests.log_in(:'ann');
SELECT throws_ok(format($$SELECT moderate_listing(%L, 'remove', 'ugly')$$, :'lamp'), '42501', 'only a moderator, an admin, or the service can moderate a listing', 'a user removes no listing');
SELECT tests.log_in_as_anon();
SELECT throws_ok(format($$SELECT moderate_listing(%L, 'remove', 'ugly')$$, :'lamp'), '42501', NULL, 'neither does anon');
SELECT tests.log_in(:'mia');
SELECT is((SELECT count(*) FROM listings), 2::bigint, 'a moderator sees drafts');
UPDATE listings SET title = 'moderated';
SELECT is((SELECT count(*) FROM listings WHERE title = 'moderated'), 0::bigint, 'but does not change listings by hand');
SELECT is(moderate_listing(:'lamp', 'remove', 'counterfeit'), 'removed', 'a moderator removes a listing');
SELECT throws_ok(format($$SELECT moderate_listing(%L, 'remove', 'again')$$, :'lamp'), '55000', 'listing with status "removed" cannot be removed', 'once');
SELECT throws_ok(format($$SELECT moderate_listing(%L, 'burn', 'x')$$, :'lamp'), '22023', 'unrecognized action: "burn"', 'by actions that exist');
SELECT throws_ok(format($$SELECT moderate_listing(%L, 'remove', 'x')$$, '00000000-0000-4000-8000-00000000dead'), 'P0002', 'listing "00000000-0000-4000-8000-00000000dead" does not exist', 'and a listing that exists');
SELECT throws_ok(format($$SELECT moderate_listing(%L, 'restore', 'x')$$, :'draft'), '55000', NULL, 'what was not removed is not restored');
SELECT throws_ok(format($$SELECT suspend_user(%L, 'x')$$, :'sue'), '42501', 'only an admin or the service can suspend a user', 'a moderator suspends nobody');
SELECT tests.log_in_as_anon();
SELECT is((SELECT count(*) FROM listings), 0::bigint, 'what was removed is not seen');
SELECT tests.log_in(:'sue');
SELECT throws_ok(format('DELETE FROM listings WHERE id = %L', :'lamp'), '42501', 'cannot delete a listing removed by a moderator', 'and is not deleted by its seller');
CREATE TEMP TABLE cause (id uuid PRIMARY KEY);
CREATE TEMP TABLE consequence (id uuid REFERENCES cause ON DELETE CASCADE);
CREATE FUNCTION pg_temp.delete_listing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM listings l WHERE l.id = OLD.id; RETURN OLD; END $$;
CREATE TRIGGER delete_listing BEFORE DELETE ON consequence FOR EACH ROW EXECUTE FUNCTION pg_temp.delete_listing();
INSERT INTO cause VALUES (:'lamp');
INSERT INTO consequence VALUES (:'lamp');
SELECT throws_ok('DELETE FROM cause', '42501', 'cannot delete a listing removed by a moderator', 'nor inside a foreign key of the seller''s own');
SELECT tests.log_in(:'mia');
SELECT is(moderate_listing(:'lamp', 'restore', 'genuine'), 'active', 'and is on sale when it was restored');
SELECT is(moderate_listing(:'draft', 'remove', 'x') || moderate_listing(:'draft', 'restore', 'x'), 'removeddraft', 'a draft is a draft again');
SELECT tests.log_out();
SELECT results_eq(format($$SELECT admin_id, new_values ->> 'status' AS status, new_values ->> 'reason' FROM admin_audit_log WHERE target_id = %L ORDER BY new_values ->> 'status' DESC$$, :'lamp'),
    format($$VALUES (%1$L::uuid, 'removed', 'counterfeit'), (%1$L, 'active', 'genuine')$$, :'mia'), 'the audit log has both, signed');

-- A suspension

SELECT tests.an_order(:'ann', :'sue', 10, 'paid') AS shop_order, tests.an_order(:'ann', :'sue', 10) AS unpaid \gset
UPDATE listings SET quantity = 1 WHERE id = :'lamp';
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'ann', :'sue', 10, 10) RETURNING id AS last_lamp \gset
SELECT tests.an_item(:'last_lamp', :'lamp') \gset ignored_
SELECT tests.a_listing(:'sue') AS chair \gset
SELECT tests.log_in(:'eve');
SELECT throws_ok(format($$SELECT suspend_user(%L, 'x')$$, :'sue'), '42501', 'only an admin or the service can suspend a user', 'a user suspends nobody');
SELECT tests.log_in(:'boss');
SELECT throws_ok(format($$SELECT suspend_user(%L, 'x')$$, :'boss'), '55000', 'cannot suspend yourself', 'an admin not the own account');
SELECT throws_ok(format($$SELECT suspend_user(%L, '')$$, :'sue'), '22023', NULL, 'nobody without a reason');
SELECT throws_ok($$SELECT suspend_user(NULL, 'x')$$, '22004', NULL, 'and nobody is not suspended');
SELECT lives_ok(format($$SELECT suspend_user(%L, 'fraud')$$, :'sue'), 'an admin suspends a user');
SELECT tests.log_out();
SELECT is((SELECT suspended_at FROM profiles WHERE id = :'sue'), now(), 'since now');
SELECT is((SELECT status::text FROM listings WHERE id = :'chair'), 'archived', 'what the user sold is archived');
UPDATE orders SET status = 'cancelled' WHERE id = :'last_lamp';
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'archived', 'and what a cancelled order gives back is not on sale again');
SELECT results_eq($$SELECT admin_id, target_id, new_values ->> 'reason' FROM admin_audit_log WHERE action = 'suspend_user'$$, format($$VALUES (%L::uuid, %L::uuid, 'fraud')$$, :'boss', :'sue'), 'it is in the audit log');
SELECT results_eq($$SELECT admin_id, action, notes FROM admin_approvals WHERE request_type = 'user_ban'$$, format($$VALUES (%L::uuid, 'approve', 'fraud')$$, :'boss'), 'and among the approvals');

CREATE FUNCTION pg_temp.trade(seller uuid, other uuid, shop_order uuid) RETURNS TABLE (what text, statement text) LANGUAGE sql AS $$
    VALUES ('publish', format($q$INSERT INTO listings (seller_id, title, description, price, status) VALUES (%L, 'x', 'x', 1, 'active')$q$, seller)),
           ('draft a listing', format($q$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'x', 'x', 1)$q$, seller)),
           ('make a coupon', format($q$INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('X', 'x', 'percentage', 1, %L)$q$, seller)),
           ('begin a conversation', format($q$INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)$q$, seller, other)),
           ('follow', format($q$INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)$q$, seller, other)),
           ('ask for verification', format($q$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (%L, 'x', 'x')$q$, seller)),
           ('show a social account', format($q$INSERT INTO social_media_accounts (user_id, platform, username) VALUES (%L, 'website', 'x')$q$, seller)),
           ('rate', format($q$INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (%L, %L, %L, 5, 'buyer')$q$, shop_order, seller, other))
$$;
GRANT EXECUTE ON FUNCTION pg_temp.trade TO authenticated;
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'sue') RETURNING id AS talk \gset
SELECT tests.an_order(:'ann', :'sue', 10, 'completed') AS finished \gset
SELECT tests.a_variant(:'chair') AS blue, tests.a_coupon('SUE10') AS sues_coupon, tests.a_coupon('ALL10') AS platform_coupon, tests.a_listing(:'ann') AS anns \gset
UPDATE coupons SET seller_id = :'sue' WHERE id = :'sues_coupon';
SELECT tests.log_in(:'sue');
SELECT throws_ok(statement, '42501', 'suspended users can only browse listings and use a cart', 'a suspended user cannot ' || what) FROM pg_temp.trade(:'sue', :'ann', :'finished');
SELECT throws_ok(format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, 'x')$$, :'talk', :'sue'), '42501', 'suspended users can only browse listings and use a cart', 'nor send a message');
SELECT throws_ok(format($$UPDATE listings SET status = 'active' WHERE id = %L$$, :'chair'), '42501', 'suspended users can only browse listings and use a cart', 'nor publish again');
SELECT throws_ok(format('DELETE FROM %s WHERE id = %L', table_name, id), '42501', 'suspended users can only browse listings and use a cart', 'nor delete one of ' || table_name)
  FROM (VALUES ('listings', :'chair'), ('product_variants', :'blue'), ('coupons', :'sues_coupon')) own (table_name, id);
SELECT is_empty(format('DELETE FROM %s WHERE id = %L RETURNING id', table_name, id), 'somebody else''s of ' || table_name || ' is not there to delete')
  FROM (VALUES ('listings', :'anns'), ('product_variants', :'anns'), ('coupons', :'platform_coupon')) other (table_name, id);
SELECT throws_ok($$UPDATE profiles SET bio = 'x' WHERE id = auth.uid()$$, '42501', 'suspended users cannot change their profile', 'nor change the profile');
SELECT lives_ok(format($$UPDATE orders SET status = 'shipped' WHERE id = %L$$, :'shop_order'), 'but ships what was sold');
SELECT lives_ok('SELECT get_or_create_cart(auth.uid())', 'and keeps a cart');
SELECT is((SELECT count(*) FROM orders), 4::bigint, 'and sees the own orders');
SELECT tests.log_in(:'boss');
SELECT lives_ok(format($$SELECT suspend_user(%L, 'more fraud')$$, :'sue'), 'a second suspension is a notice');
SELECT lives_ok(format($$SELECT set_user_role(%L, 'admin', 'to try')$$, :'sue'), 'a suspended user may get a role');
SELECT tests.log_in(:'sue');
SELECT is(is_admin(:'sue'), false, 'but is no admin meanwhile');
SELECT throws_ok(format($$SELECT reinstate_user(%L, 'me')$$, :'sue'), '42501', NULL, 'and does not end the suspension');
SELECT tests.log_in(:'boss');
SELECT lives_ok(format($$SELECT set_user_role(%L, 'user', 'tried')$$, :'sue'), '(the role is taken back)');
SELECT lives_ok(format($$SELECT reinstate_user(%L, 'sorry')$$, :'sue'), 'an admin ends it');
SELECT tests.log_in(:'sue');
SELECT lives_ok(format($$UPDATE listings SET status = 'active' WHERE id = %L$$, :'chair'), 'and the seller sells again');
SELECT tests.log_out();
SELECT results_eq($$SELECT action, notes FROM admin_approvals WHERE request_type = 'user_ban' ORDER BY action$$, $$VALUES ('approve', 'fraud'), ('reject', 'sorry')$$, 'both decisions are kept');
SELECT is((SELECT count(*) FROM listings WHERE id IN (:'chair', :'anns')) + (SELECT count(*) FROM product_variants WHERE id = :'blue')
          + (SELECT count(*) FROM coupons WHERE id IN (:'sues_coupon', :'platform_coupon')), 5::bigint, 'and nothing was deleted');
DELETE FROM coupons;
DELETE FROM listings WHERE id = :'anns';
SELECT tests.log_in_as_service();
SELECT lives_ok(format($$SELECT suspend_user(%L, 'by the service')$$, :'sue'), 'the service may suspend too');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'suspend_user' AND admin_id IS NULL), 1::bigint, 'which signs with no name');

-- An anonymous sign-in

SELECT tests.an_order(:'ann', :'eve', 10, 'completed') AS eves \gset
SELECT tests.log_in(:'eve', '{"is_anonymous": true}');
SELECT throws_ok(statement, '42501', 'anonymous users can only browse listings and use a cart', 'an anonymous user cannot ' || what) FROM pg_temp.trade(:'eve', :'ann', :'eves');
SELECT tests.log_out();
SELECT tests.a_listing(:'ann') AS vase \gset
SELECT tests.log_in(:'eve', '{"is_anonymous": true}');
SELECT lives_ok(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (get_or_create_cart(auth.uid()), %L)', :'vase'), 'but keeps a cart');
SELECT lives_ok(format('INSERT INTO favorites (user_id, listing_id) VALUES (auth.uid(), %L)', :'vase'), 'and favourites');
SELECT is((SELECT count(*) FROM listings), 1::bigint, 'and browses');
SELECT lives_ok($$UPDATE profiles SET settings = '{"theme": "dark"}', preferences = '{"language": "de"}' WHERE id = auth.uid()$$, 'in the own language');
SELECT throws_ok('UPDATE profiles SET ' || change || ' WHERE id = auth.uid()', '42501', 'anonymous users cannot change their profile', 'but takes nobody''s name, nor shows one: ' || split_part(change, ' ', 1))
  FROM unnest('{username = ''lovely_name'',full_name = ''Ann'',bio = ''x'',avatar_url = ''https://example.org/a.webp'',account_type = ''brand'',brand_name = ''Acme'',is_seller = true}'::text[]) change;
SELECT tests.log_in(:'boss', '{"is_anonymous": true}');
SELECT is((SELECT count(*) FROM admin_audit_log), 0::bigint, 'with that claim nobody is an admin in a policy');
SELECT tests.log_in(:'eve', '{"is_anonymous": "false"}');
SELECT lives_ok(format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'x', 'x', 1)$$, :'eve'), 'who has signed up sells');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM coupons) + (SELECT count(*) FROM user_follows) + (SELECT count(*) FROM messages) + (SELECT count(*) FROM user_ratings), 0::bigint, 'nothing of what was refused is there');

SELECT * FROM finish();
ROLLBACK;
