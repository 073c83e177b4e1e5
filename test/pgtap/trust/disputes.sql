-- Disputes by functions: who opens one, until when; who may say and move what; what the staff says to itself; how it is
-- decided and which money that moves; what the payment processor decides.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

SELECT tests.sign_up('buyer@disputes.example') AS buyer, tests.sign_up('seller@disputes.example') AS seller, tests.sign_up('stranger@disputes.example') AS stranger,
       tests.sign_up('admin@disputes.example') AS admin, tests.sign_up('mod@disputes.example') AS mod, tests.sign_up('boss@disputes.example') AS boss \gset
SELECT promote_to_admin('admin@disputes.example'), promote_to_admin('boss@disputes.example') \g /dev/null
UPDATE profiles SET role = 'moderator' WHERE id = :'mod';

-- Each of 8 x 8 steps by each actor: the function that is made for it, and the service by hand

CREATE TEMPORARY TABLE step (from_status text, to_status text, actors text);
INSERT INTO step VALUES
    ('open', 'awaiting_seller_response', 'system'), ('open', 'awaiting_buyer_response', 'system'), ('open', 'under_review', 'system'), ('open', 'resolved', 'system'), ('open', 'cancelled', 'initiator system'),
    ('awaiting_seller_response', 'under_review', 'system'), ('awaiting_seller_response', 'escalated', 'system'), ('awaiting_seller_response', 'resolved', 'system'), ('awaiting_seller_response', 'cancelled', 'initiator system'),
    ('awaiting_buyer_response', 'under_review', 'system'), ('awaiting_buyer_response', 'escalated', 'system'), ('awaiting_buyer_response', 'resolved', 'system'), ('awaiting_buyer_response', 'cancelled', 'initiator system'),
    ('under_review', 'awaiting_seller_response', 'system'), ('under_review', 'awaiting_buyer_response', 'system'), ('under_review', 'resolved', 'system'), ('under_review', 'cancelled', 'initiator system'),
    ('escalated', 'under_review', 'system'), ('escalated', 'resolved', 'system'), ('escalated', 'cancelled', 'initiator system'),
    ('resolved', 'closed', 'system'), ('cancelled', 'closed', 'system');
CREATE TEMPORARY TABLE tried (actor text, from_status text, to_status text, outcome text, status_after text, messages bigint, audited bigint, given_back numeric);
CREATE TEMPORARY TABLE tried_by_hand (from_status text, to_status text, outcome text, messages bigint);
GRANT ALL ON step, tried, tried_by_hand TO PUBLIC;

CREATE FUNCTION pg_temp.try_all(actor text, who text, buyer uuid, seller uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a text;
    b text;
    the_order uuid;
    the_dispute uuid;
    outcome text;
BEGIN
    FOREACH a IN ARRAY enum_range(NULL::dispute_status)::text[] LOOP
        FOREACH b IN ARRAY enum_range(NULL::dispute_status)::text[] LOOP
            the_order := tests.a_deal(buyer, seller);
            the_dispute := tests.a_dispute(the_order, a);
            BEGIN
                PERFORM tests.become(who);
                outcome := CASE b WHEN 'cancelled' THEN cancel_dispute(the_dispute, 'because')
                                  WHEN 'resolved' THEN resolve_dispute(the_dispute, 'full_refund', 'because')
                                  ELSE advance_dispute(the_dispute, b, 'because') END;
                PERFORM tests.log_out();
            EXCEPTION WHEN OTHERS THEN
                outcome := SQLSTATE;
            END;
            INSERT INTO tried SELECT actor, a, b, outcome, d.status::text, (SELECT count(*) FROM dispute_messages m WHERE m.dispute_id = d.id AND m.is_system_message),
                                     (SELECT count(*) FROM admin_audit_log l WHERE l.target_id = d.id), tests.given_back(the_order)
              FROM disputes d WHERE d.id = the_dispute;
            CONTINUE WHEN actor <> 'system';
            the_dispute := tests.a_dispute(tests.a_deal(buyer, seller), a);
            BEGIN
                PERFORM tests.become(who);
                EXECUTE format('UPDATE disputes SET status = %L WHERE id = %L', b, the_dispute);
                PERFORM tests.log_out();
                outcome := 'done';
            EXCEPTION WHEN OTHERS THEN
                outcome := SQLSTATE;
            END;
            INSERT INTO tried_by_hand SELECT a, b, outcome, (SELECT count(*) FROM dispute_messages m WHERE m.dispute_id = the_dispute);
        END LOOP;
    END LOOP;
END $$;
SELECT pg_temp.try_all('initiator', :'buyer', :'buyer', :'seller'), pg_temp.try_all('respondent', :'seller', :'buyer', :'seller'),
       pg_temp.try_all('stranger', :'stranger', :'buyer', :'seller'), pg_temp.try_all('moderator', :'mod', :'buyer', :'seller'),
       pg_temp.try_all('system', 'service', :'buyer', :'seller'), pg_temp.try_all('admin', :'admin', :'buyer', :'seller') \g /dev/null
-- an admin who is a party is no more than that
SELECT pg_temp.try_all('initiator and admin', :'admin', :'admin', :'seller'), pg_temp.try_all('respondent and admin', :'admin', :'buyer', :'admin') \g /dev/null

CREATE TEMPORARY VIEW judged AS
SELECT t.*, EXISTS (SELECT FROM step s WHERE s.from_status = t.from_status AND s.to_status = t.to_status AND word.who = ANY (string_to_array(s.actors, ' '))) AS legal
  FROM tried t, LATERAL (SELECT CASE t.actor WHEN 'admin' THEN 'system' ELSE split_part(t.actor, ' ', 1) END) word (who);
SELECT is((SELECT count(*) FROM judged), 8 * 64::bigint, 'all 64 steps were tried by eight people');
SELECT is_empty(format('SELECT from_status, to_status, outcome FROM judged WHERE actor = %L AND legal AND NOT (outcome = to_status AND status_after = to_status AND messages = 2)', a),
                a || ': each legal step is done, answered with the new status, and told in a message')
  FROM unnest('{initiator,respondent,system,admin,initiator and admin,respondent and admin}'::text[]) a;
SELECT is_empty(format('SELECT from_status, to_status, outcome, status_after, messages FROM judged WHERE actor = %L AND NOT legal AND NOT (outcome IN (''MK011'', ''42501'', ''P0002'') AND status_after = from_status AND messages = 1)', a),
                a || ': each other step is refused and leaves no trace')
  FROM (SELECT DISTINCT actor FROM tried) t (a);
SELECT results_eq('SELECT actor, string_agg(DISTINCT outcome, '' '' ORDER BY outcome) FROM judged WHERE NOT legal GROUP BY actor ORDER BY actor', $$VALUES
    ('admin', 'MK011'), ('initiator', '42501 MK011'), ('initiator and admin', '42501 MK011'), ('moderator', '42501 MK011'), ('respondent', '42501 MK011'), ('respondent and admin', '42501 MK011'),
    ('stranger', '42501 P0002'), ('system', 'MK011')$$, 'staff''s steps with 42501, the others with MK011; for strangers there are no disputes');
SELECT is_empty($$SELECT actor, from_status, to_status, given_back FROM judged WHERE given_back <> CASE WHEN legal AND to_status = 'resolved' THEN 10 ELSE 0 END$$,
                'money goes back with the decision, and with no other step');
SELECT is_empty($$SELECT actor, from_status, to_status, audited FROM judged WHERE audited <> CASE WHEN legal AND (actor = 'admin' OR to_status = 'resolved') THEN 1 ELSE 0 END$$,
                'what an admin does is on record, and each decision');
SELECT is_empty($$SELECT t.* FROM tried_by_hand t WHERE t.from_status <> t.to_status AND (t.outcome = 'done')
                   IS DISTINCT FROM EXISTS (SELECT FROM step s WHERE s.from_status = t.from_status AND s.to_status = t.to_status AND s.actors LIKE '%system%')$$,
                'a direct update by the service is judged by the same table');
SELECT is_empty($$SELECT * FROM tried_by_hand WHERE outcome NOT IN ('done', 'MK011') OR messages <> CASE WHEN outcome = 'done' AND from_status <> to_status THEN 2 ELSE 1 END$$,
                'and told in a message');

SELECT results_eq('SELECT is_open, string_agg(DISTINCT status::text, '' '' ORDER BY status::text) FROM disputes GROUP BY is_open ORDER BY is_open',
    $$VALUES (false, 'cancelled closed resolved'), (true, 'awaiting_buyer_response awaiting_seller_response escalated open under_review')$$, 'a dispute is open until it is decided');

-- Who opens a dispute about what

CREATE FUNCTION tests.complain(order_id uuid, type text DEFAULT 'damaged_item', title text DEFAULT 'Broken', description text DEFAULT 'In two.') RETURNS text LANGUAGE sql AS
    $$SELECT format('SELECT open_dispute(%L, %L, %L, %L)', order_id, type, title, description)$$;
CREATE TEMPORARY TABLE opened (status text, by text, outcome text);
GRANT ALL ON opened TO PUBLIC;
CREATE FUNCTION pg_temp.try_to_open(buyer uuid, seller uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    state text;
    person uuid;
    the_order uuid;
    outcome text;
BEGIN
    FOREACH state IN ARRAY enum_range(NULL::order_status)::text[] || '{cancelled unpaid}'::text[] LOOP
        FOREACH person IN ARRAY ARRAY[buyer, seller] LOOP
            the_order := tests.a_deal(buyer, seller, split_part(state, ' ', 1));
            UPDATE orders SET paid_at = NULL WHERE id = the_order AND (state LIKE '%unpaid' OR state ~ 'payment');
            PERFORM tests.log_in(person);
            outcome := tests.error_of(tests.complain(the_order));
            PERFORM tests.log_out();
            INSERT INTO opened SELECT state, CASE person WHEN buyer THEN 'buyer' ELSE 'seller' END,
                                      coalesce((SELECT d.status::text FROM disputes d WHERE d.order_id = the_order), left(outcome, 5));
        END LOOP;
    END LOOP;
END $$;
SELECT pg_temp.try_to_open(:'buyer', :'seller') \g /dev/null
SELECT results_eq('SELECT outcome, by, string_agg(status, '' '' ORDER BY status) FROM opened GROUP BY outcome, by ORDER BY outcome, by', $$VALUES
    ('55000', 'buyer', 'cancelled unpaid payment_failed payment_processing pending_payment refunded'), ('55000', 'seller', 'cancelled unpaid payment_failed payment_processing pending_payment refunded'),
    ('awaiting_buyer_response', 'seller', 'cancelled completed delivered in_transit paid preparing shipped'), ('awaiting_seller_response', 'buyer', 'cancelled completed delivered in_transit paid preparing shipped')$$,
    'both parties may dispute what was paid; the other one is asked for an answer');

SELECT tests.a_deal(:'buyer', :'seller') AS sale \gset
SELECT tests.log_in(:'stranger') \g /dev/null
SELECT is(tests.attempt(tests.complain(:'sale')) || ' ' || tests.error_of(tests.complain(:'sale')), format('P0002 P0002 order "%s" does not exist', :'sale'), 'for a stranger the order is not there');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt(tests.complain(:'sale')), 'P0002', 'nor for a moderator');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(tests.complain(:'sale')) || ' ' || tests.error_of(tests.complain(:'sale')), '42501 42501 only the buyer or the seller of an order can open a dispute', 'an admin has no quarrel with anybody');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(tests.complain(:'sale')), '42501', 'nor has the service');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(call), '42501', 'anon may not: ' || regexp_replace(call, '\(.*', ''))
  FROM unnest(ARRAY[tests.complain(:'sale'), format('SELECT reply_dispute(%L, ''x'')', :'sale'), format('SELECT add_dispute_note(%L, ''x'')', :'sale'), format('SELECT cancel_dispute(%L)', :'sale'),
                    format('SELECT advance_dispute(%L, ''closed'')', :'sale'), format('SELECT resolve_dispute(%L, ''no_action'')', :'sale'), 'SELECT escalate_overdue_disputes()']) call;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(call), code, call)
  FROM (VALUES ('SELECT open_dispute(NULL, ''other'', ''x'', ''y'')', '22004'), (format('SELECT open_dispute(%L, NULL, ''x'', ''y'')', :'sale'), '22004'), (format('SELECT open_dispute(%L, ''other'', NULL, ''y'')', :'sale'), '22004'),
               (format('SELECT open_dispute(%L, ''other'', ''x'', NULL)', :'sale'), '22004'), (tests.complain(:'sale', 'rude'), '22023'), (tests.complain(:'sale', 'OTHER'), '22023'), (tests.complain(:'sale', 'other', ''), '22023'),
               (tests.complain(:'sale', 'other', ' '), '22023'), (tests.complain(:'sale', 'other', 'x', ''), '22023'), ('SELECT reply_dispute(NULL, ''x'')', '22004'), (format('SELECT reply_dispute(%L, NULL)', :'sale'), '22004'),
               (format('SELECT reply_dispute(%L, ''x'')', :'sale'), 'P0002'), (format('SELECT cancel_dispute(%L)', :'sale'), 'P0002'), ('SELECT cancel_dispute(NULL)', '22004'), ('SELECT advance_dispute(NULL, ''closed'')', '22004'),
               ('SELECT add_dispute_note(NULL, ''x'')', '22004'), ('SELECT resolve_dispute(NULL, ''no_action'')', '22004'), (format('SELECT resolve_dispute(%L, NULL)', :'sale'), '22004'), ('SELECT escalate_overdue_disputes()', '42501')) c (call, code);
SELECT is(tests.attempt(tests.complain(:'sale', 'other', repeat('x', 201))), '22023', 'a title has 200 characters at most');
SELECT is(tests.attempt(tests.complain(:'sale', 'other', 'x', repeat('x', 10001))), '22023', 'a description 10,000');
SELECT open_dispute(order_id => :'sale', type => 'damaged_item', title => repeat('x', 200), description => 'In two.') AS dis \gset
SELECT results_eq(format('SELECT initiated_by, respondent_id, type::text, status::text, is_open, awaiting_since = now(), resolved_at IS NULL FROM disputes WHERE id = %L', :'dis'),
    format('VALUES (%L::uuid, %L::uuid, ''damaged_item'', ''awaiting_seller_response'', true, true, true)', :'buyer', :'seller'), 'the buyer opens a dispute');
SELECT matches((SELECT dispute_number::text FROM disputes WHERE id = :'dis'), '^DSP-' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD') || '-[0-9]{6,}$', 'and gets a number');
SELECT is(tests.attempt(tests.complain(:'sale')) || ' ' || tests.error_of(tests.complain(:'sale')), 'MK011 MK011 order already has an open dispute', 'one at a time');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.deed(tests.complain(:'sale', 'buyer_not_responding')), 'done', 'of each party: the other one''s stands in nobody''s way');
SELECT is(tests.attempt(tests.complain(:'sale')), 'MK011', 'and has one at a time too');
SELECT is(tests.attempt(statement), '42501', 'by hand no client writes: ' || statement)
  FROM unnest(ARRAY['UPDATE disputes SET status = ''closed''', 'DELETE FROM disputes', 'INSERT INTO dispute_messages (message) VALUES (''x'')', 'UPDATE dispute_messages SET message = ''y''', 'DELETE FROM dispute_messages']) statement;

-- The service opens one for whom its claims name.
SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller') AS told \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'seller', 'role', 'service_role')::text, true) \g /dev/null
SELECT open_dispute(:'told', 'other', 'No answer', 'He does not write.') AS by_service \gset
SELECT is((SELECT initiated_by FROM disputes WHERE id = :'by_service'), :'seller'::uuid, 'the service opens a dispute for the party that its claims name');
SELECT tests.log_out() \g /dev/null

-- The time

SELECT tests.a_deal(:'buyer', :'seller') AS late, tests.a_deal(:'buyer', :'seller', 'shipped') AS underway, tests.a_deal(:'buyer', :'seller', 'cancelled') AS withdrawn \gset
UPDATE orders SET delivered_at = now() - interval '14 days' WHERE id = :'late';
UPDATE orders SET created_at = now() - interval '1 year', paid_at = now() - interval '1 year', shipped_at = now() - interval '1 year' WHERE id = :'underway';
UPDATE orders SET cancelled_at = now() - interval '14 days' WHERE id = :'withdrawn';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.error_of(tests.complain(:'late')), '55000 dispute window for this order has closed', '14 days after the delivery it is too late');
SELECT is(tests.attempt(tests.complain(:'withdrawn')), '55000', 'and after the cancellation');
SELECT is(tests.deed(tests.complain(:'underway', 'item_not_received')), 'done', 'what does not arrive can be disputed whenever');
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.return_window = '15d';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.deed(tests.complain(:'late')), 'done', 'the setting says how long');
SELECT is(tests.deed(tests.complain(:'withdrawn')), 'done', 'for a cancelled order too');
SELECT tests.log_out() \g /dev/null
RESET driplo.return_window;

-- What is said

CREATE FUNCTION tests.state_of(dispute uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT status::text FROM disputes WHERE id = dispute $$;
SELECT tests.log_in(:'stranger') \g /dev/null
SELECT is(tests.attempt(format('SELECT reply_dispute(%L, ''x'')', :'dis')) || ' ' || tests.error_of(format('SELECT reply_dispute(%L, ''x'')', :'dis')), format('P0002 P0002 dispute "%s" does not exist', :'dis'), 'strangers say nothing');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT reply_dispute(%L, ''x'', %L)', :'dis', links)), '22023', 'attachments are no ' || left(links, 10))
  FROM unnest(ARRAY['{}', '"a"', '[1]', '[{}]', (SELECT jsonb_agg(n::text)::text FROM generate_series(1, 11) n)]) links;
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''Look at it.'', ''["a.png"]'')', :'dis')), 'done', 'who opened it adds something');
SELECT is(tests.state_of(:'dis'), 'awaiting_seller_response', 'which is no answer');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''Be kind.'')', :'dis')), 'done', 'so does a moderator');
SELECT add_dispute_note(dispute_id => :'dis', note => 'He is a known liar.') AS note \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT reply_dispute(dispute_id => :'dis', message => 'It was whole.', attachments => NULL) AS answer \gset
SELECT is(tests.state_of(:'dis'), 'under_review', 'the answer brings it under review');
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''It really was.'')', :'dis')), 'done', 'more may be said');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(advance_dispute(dispute_id => :'dis', to_status => 'awaiting_buyer_response', note => 'When was it taken?'), 'awaiting_buyer_response', 'an admin asks back');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''Never.'')', :'dis')), 'done', 'the other one may say something');
SELECT is(tests.state_of(:'dis'), 'awaiting_buyer_response', 'but was not asked');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''Yesterday.'')', :'dis')), 'done', 'the buyer answers');
SELECT is(tests.state_of(:'dis'), 'under_review', 'and it is under review again');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''An automatic word.'')', :'dis')), 'done', 'the service writes without a person');
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'buyer', 'role', 'service_role')::text, true) \g /dev/null
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''By e-mail.'')', :'dis')), 'done', 'or for a party');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(resolve_dispute(dispute_id => :'dis', resolution => 'partial_refund', notes => 'Both are right.', refund_amount => 4.5), 'resolved', 'an admin decides');
SELECT tests.log_in(:'seller') \g /dev/null
CREATE TEMPORARY TABLE said AS SELECT concat_ws(' ', CASE sender_id WHEN :'buyer' THEN 'buyer:' WHEN :'seller' THEN 'seller:' WHEN :'mod' THEN 'mod:' ELSE '-:' END, CASE WHEN is_system_message THEN 'system' END, CASE WHEN is_staff_message THEN 'staff' END,
                                                message, nullif(attachments::text, '[]')) AS line, created_at FROM dispute_messages WHERE dispute_id = :'dis';
SELECT results_eq('SELECT line FROM said ORDER BY created_at', $$VALUES ('-: system The buyer has opened the dispute. A response from the seller is awaited.'), ('buyer: Look at it. ["a.png"]'), ('mod: staff Be kind.'), ('seller: It was whole.'),
    ('-: system The dispute is under review by staff.'), ('seller: It really was.'), ('-: system A response from the buyer is awaited. When was it taken?'), ('seller: Never.'), ('buyer: Yesterday.'), ('-: system The dispute is under review by staff.'),
    ('-: staff An automatic word.'), ('buyer: By e-mail.'), ('-: system The dispute was resolved. Resolution: partial_refund. 4.50 USD will be refunded to the buyer.')$$, 'the parties read all of it, in order, but the note');
SELECT results_eq(format('SELECT resolution::text, resolution_notes, status::text, is_open, awaiting_since, resolved_at = now() FROM disputes WHERE id = %L', :'dis'), $$VALUES ('partial_refund', 'Both are right.', 'resolved', false, NULL::timestamptz, true)$$, 'and the decision');
SELECT is(tests.attempt(format('SELECT reply_dispute(%L, ''But!'')', :'dis')), 'MK011', 'then nothing more is said');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt(format('SELECT reply_dispute(%L, ''So there.'')', :'dis')), 'MK011', 'by the staff either');
SELECT is(tests.deed(format('SELECT add_dispute_note(%L, ''Watch both.'')', :'dis')), 'done', 'but to itself');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''full_refund'')', :'dis')), 'MK011', 'nor is it decided twice');
SELECT is(advance_dispute(:'dis', 'closed'), 'closed', 'a decided dispute is put away');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.given_back(:'sale'), 4.50, 'once was paid back');
SELECT results_eq(format('SELECT action::text, admin_id, old_values, new_values FROM admin_audit_log WHERE target_id = %L ORDER BY action, old_values::text', :'dis'), format($$VALUES
    ('advance_dispute', %1$L::uuid, '{"status": "resolved"}'::jsonb, '{"status": "closed", "reason": ""}'::jsonb), ('advance_dispute', %1$L, '{"status": "under_review"}', '{"status": "awaiting_buyer_response", "reason": "When was it taken?"}'),
    ('resolve_dispute', %1$L, '{"resolution": null}', '{"resolution": "partial_refund", "reason": "Both are right."}')$$, :'admin'), 'the log has what the admin did');

-- What the staff says to itself, by every way that a party has

SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'admin', :'seller') AS own_sale \gset
SELECT tests.a_dispute(:'own_sale') AS own, tests.a_dispute(tests.a_deal(:'mod', :'seller')) AS mods_own \gset
SELECT tests.log_in(:'boss') \g /dev/null
SELECT add_dispute_note(:'own', 'Our own admin lies.') AS own_note, add_dispute_note(:'mods_own', 'So does our moderator.') AS mods_note \gset
CREATE TEMPORARY TABLE seen (who text, n bigint);
GRANT ALL ON seen TO PUBLIC;
CREATE FUNCTION pg_temp.notes(who text) RETURNS void LANGUAGE sql AS $$ INSERT INTO pg_temp.seen SELECT who, count(*) FROM dispute_messages WHERE is_private_note OR message ~ 'lia?r|lies|Watch both|So does' $$;
SELECT pg_temp.notes('boss') \g /dev/null
SET LOCAL enable_seqscan = off;
SELECT is((SELECT count(*) FROM dispute_messages WHERE is_private_note), 4::bigint, 'an index finds all of them');
RESET enable_seqscan;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT pg_temp.notes('buyer') \g /dev/null
SELECT is((SELECT count(*) FROM dispute_messages m JOIN disputes d ON d.id = m.dispute_id WHERE m.is_private_note), 0::bigint, 'not through a join either');
SELECT is(tests.attempt(format('SELECT add_dispute_note(%L, ''x'')', :'dis')), '42501', 'a party adds no note');
SELECT is((SELECT count(*) FROM admin_audit_log), 0::bigint, 'nor reads the log');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT pg_temp.notes('seller') \g /dev/null
SELECT tests.log_in(:'stranger') \g /dev/null
SELECT pg_temp.notes('stranger') \g /dev/null
SELECT is(tests.attempt(format('SELECT add_dispute_note(%L, ''x'')', :'dis')), '42501', 'nor a stranger');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is((SELECT count(*) FROM dispute_messages WHERE dispute_id = :'own' AND is_private_note), 0::bigint, 'an admin who is a party does not see the notes about it');
SELECT is((SELECT count(*) FROM dispute_messages WHERE dispute_id = :'dis' AND is_private_note), 2::bigint, 'but those of the others');
SELECT is(tests.attempt(format('SELECT add_dispute_note(%L, ''x'')', :'own')), '42501', 'adds none');
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''full_refund'')', :'own')), '42501', 'and does not decide it');
SELECT is_empty('SELECT FROM admin_audit_log WHERE (to_jsonb(admin_audit_log)::text) ~ ''lies''', 'nor is a note in the log');
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''I am innocent.'')', :'own')), 'done', 'what an admin writes there');
SELECT is((SELECT is_staff_message FROM dispute_messages WHERE dispute_id = :'own' AND sender_id = :'admin'), false, 'is a party''s word');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is((SELECT count(*) FROM dispute_messages WHERE dispute_id = :'mods_own' AND is_private_note), 0::bigint, 'nor does a moderator');
SELECT is(tests.attempt(format('SELECT add_dispute_note(%L, ''x'')', :'mods_own')), '42501', 'neither adds one');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt('SELECT * FROM dispute_messages'), '42501', 'anon reads no message');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT who, n FROM seen ORDER BY who', $$VALUES ('boss', 4::bigint), ('buyer', 0), ('seller', 0), ('stranger', 0)$$, 'the notes are for the staff alone');
SELECT results_eq(format('SELECT sender_id, is_staff_message, is_private_note FROM dispute_messages WHERE id = %L', :'note'), format('VALUES (%L::uuid, true, true)', :'mod'), 'and signed');

-- Decisions and the money

CREATE TEMPORARY TABLE decided (resolution text, amount numeric, outcome text, given_back numeric, status text);
GRANT ALL ON decided TO PUBLIC;
CREATE FUNCTION pg_temp.decide(admin uuid, buyer uuid, seller uuid, resolution text, amount text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    the_order uuid := tests.a_deal(buyer, seller, 'delivered', 2);
    the_dispute uuid := tests.a_dispute(the_order, 'under_review');
    before text := tests.state_of_shop();
    outcome text;
BEGIN
    PERFORM tests.log_in(admin);
    outcome := left(tests.error_of(format('SELECT resolve_dispute(%L, %L, NULL, %L)', the_dispute, resolution, amount)), 5);
    PERFORM tests.log_out();
    IF outcome <> 'no er' AND tests.state_of_shop() <> before THEN
        outcome := outcome || ', and left a trace';
    END IF;
    INSERT INTO decided SELECT decide.resolution, decide.amount::numeric, replace(outcome, 'no er', 'done'), tests.given_back(the_order), d.status::text FROM disputes d WHERE d.id = the_dispute;
END $$;
SELECT pg_temp.decide(:'admin', :'buyer', :'seller', r::text, a) FROM unnest(enum_range(NULL::resolution_type)) r, unnest('{NULL,7.5,20,20.01,0,-1,7.555,NaN,Infinity}'::text[]) a \g /dev/null
SELECT results_eq('SELECT outcome, given_back, string_agg(resolution || '' '' || coalesce(amount::text, ''-''), '', '' ORDER BY resolution, amount) FROM decided WHERE outcome = ''done'' GROUP BY 1, 2 ORDER BY 1, 2', $$VALUES
    ('done', 0::numeric, 'cancelled_by_buyer -, cancelled_by_seller -, no_action -, replacement -'),
    ('done', 7.50, 'keep_item_partial_refund 7.5, partial_refund 7.5, return_and_refund 7.5'),
    ('done', 20.00, 'full_refund -, keep_item_partial_refund 20, partial_refund 20, return_and_refund 20, return_and_refund -')$$, 'what each decision gives back');
SELECT results_eq('SELECT outcome, string_agg(DISTINCT resolution || '' '' || amount, '', '') FROM decided WHERE outcome = ''MK009'' GROUP BY 1', $$VALUES ('MK009', 'keep_item_partial_refund 20.01, partial_refund 20.01, return_and_refund 20.01')$$, 'more than was paid is refused');
SELECT is_empty($$SELECT * FROM decided WHERE outcome NOT IN ('done', 'MK009', '22023', '22003') OR (outcome <> 'done' AND (status <> 'under_review' OR given_back <> 0))$$, 'everything else is no argument, and leaves no trace');
SELECT tests.a_deal(:'buyer', :'seller') AS sale \gset
SELECT tests.a_dispute(:'sale', 'under_review') AS dis \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.error_of(format('SELECT resolve_dispute(%L, ''generous'')', :'dis')), '22023 unrecognized resolution: "generous"', 'there are these resolutions');
SELECT is(tests.detail_of(format('SELECT resolve_dispute(%L, ''generous'')', :'dis')), '22023 Valid resolutions are: full_refund, partial_refund, replacement, return_and_refund, keep_item_partial_refund, no_action, cancelled_by_buyer, cancelled_by_seller.', 'which are told');
SELECT is(tests.error_of(format('SELECT advance_dispute(%L, %L)', :'dis', s)), '22023 advance_dispute() cannot resolve or cancel a dispute', 'it is not ' || s || ' in another way') FROM unnest('{resolved,cancelled}'::text[]) s;
SELECT is(tests.error_of(format('SELECT advance_dispute(%L, ''gone'')', :'dis')), '22023 unrecognized dispute status: "gone"', 'there are these states');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''full_refund'')', :'dis')), '42501', 'a party decides nothing');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''full_refund'')', :'dis')), '42501', 'nor does a moderator');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.detail_of(format('SELECT cancel_dispute(%L)', :'dis')), 'MK011 Allowed next statuses: none.', 'the other party does not take it back');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(cancel_dispute(dispute_id => :'dis', reason => 'It was my fault.'), 'cancelled', 'who opened it does');
SELECT results_eq(format('SELECT resolution::text, resolution_notes, resolved_at = now() FROM disputes WHERE id = %L', :'dis'), $$VALUES ('cancelled_by_buyer', 'It was my fault.', true)$$, 'with a reason');
SELECT is(tests.deed(tests.complain(:'sale')), 'done', 'and may open another one');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.given_back(:'sale'), 0.00, 'no money moved');
SELECT tests.a_dispute(tests.a_deal(:'buyer', :'seller'), 'escalated', true) AS sellers \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(cancel_dispute(:'sellers'), 'cancelled', 'a seller takes back an own one');
SELECT is((SELECT resolution::text FROM disputes WHERE id = :'sellers'), 'cancelled_by_seller', 'and it says so');
SELECT tests.log_out() \g /dev/null

-- Who does not answer

DELETE FROM disputes WHERE awaiting_since IS NOT NULL;
SELECT tests.a_dispute(tests.a_deal(:'buyer', :'seller'), 'awaiting_seller_response') AS early, tests.a_dispute(tests.a_deal(:'buyer', :'seller'), 'awaiting_buyer_response', true) AS late,
       tests.a_dispute(tests.a_deal(:'buyer', :'seller'), 'awaiting_seller_response') AS later, tests.a_dispute(tests.a_deal(:'buyer', :'seller'), 'under_review') AS reviewed \gset
UPDATE disputes SET awaiting_since = now() - interval '7 days' + interval '1 second' WHERE id = :'early';
UPDATE disputes SET awaiting_since = now() - interval '8 days' WHERE id = :'late';
UPDATE disputes SET awaiting_since = now() - interval '7 days' WHERE id = :'later';
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(escalate_overdue_disputes(-1), 0, 'none is none');
SELECT is(escalate_overdue_disputes(1), 1, 'the service escalates them one by one');
SELECT is(tests.state_of(:'late') || ' ' || tests.state_of(:'later'), 'escalated awaiting_seller_response', 'the oldest first');
SELECT is(escalate_overdue_disputes(), 1, 'or all at once');
SELECT is(escalate_overdue_disputes(), 0, 'once');
SELECT is(tests.state_of(:'later') || ' ' || tests.state_of(:'early') || ' ' || tests.state_of(:'reviewed'), 'escalated awaiting_seller_response under_review', 'who is in time is let alone');
SELECT is(tests.attempt('SELECT escalate_overdue_disputes(NULL)'), '22004', 'how many has to be said');
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.dispute_response_window = '6d';
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(escalate_overdue_disputes(), 1, 'the setting says how long');
SELECT tests.log_out() \g /dev/null
RESET driplo.dispute_response_window;
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''Sorry, I was away.'')', :'later')), 'done', 'who answers late is heard');
SELECT is(tests.state_of(:'later'), 'escalated', 'but it stays escalated');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(advance_dispute(:'later', 'under_review'), 'under_review', 'until an admin looks at it');
SELECT ok((SELECT awaiting_since IS NULL FROM disputes WHERE id = :'later'), 'nobody is awaited then');
SELECT is(advance_dispute(:'later', 'awaiting_seller_response'), 'awaiting_seller_response', 'when asked again');
SELECT ok((SELECT awaiting_since = now() FROM disputes WHERE id = :'later'), 'there is as much time again');

-- What the payment processor decides

SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller') AS sale \gset
SELECT tests.a_dispute(:'sale', 'under_review', false, '{"stripe_dispute_id": "dp_1"}') AS chargeback \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(call) || ' ' || tests.error_of(call), 'MK011 MK011 chargebacks are decided by the payment processor', 'not here: ' || call)
  FROM unnest(ARRAY[format('SELECT resolve_dispute(%L, ''full_refund'')', :'chargeback'), format('SELECT cancel_dispute(%L)', :'chargeback'), format('SELECT advance_dispute(%L, ''awaiting_seller_response'')', :'chargeback')]) call;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''no_action'')', :'chargeback')), 'MK011', 'the service neither');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT cancel_dispute(%L)', :'chargeback')), 'MK011', 'nor the buyer, in whose name it is');
SELECT is(tests.attempt(tests.complain(:'sale')), 'MK011', 'there is no dispute beside it');
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''My card was stolen.'')', :'chargeback')), 'done', 'but something may be said');
SELECT is((SELECT message FROM dispute_messages WHERE dispute_id = :'chargeback' AND is_system_message), 'The buyer''s bank has disputed the payment. The payment processor will decide.', 'and all know what it is');
SELECT throws_ok('SELECT metadata FROM disputes', '42501', NULL, 'the processor''s id is not for clients');
SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller') AS sale \gset
SELECT tests.a_dispute(:'sale', 'under_review') AS dis \gset
SELECT lives_ok(format('SELECT tests.a_dispute(%L, ''under_review'', false, ''{"stripe_dispute_id": "dp_2"}'')', :'sale'), 'a chargeback comes whatever is open');
SELECT throws_ok(format('SELECT tests.a_dispute(%L, ''under_review'', false, ''{"stripe_dispute_id": "dp_2"}'')', :'sale'), '23505', NULL, 'once');
SELECT throws_ok(format('SELECT tests.a_dispute(%L)', :'sale'), '23505', NULL, 'a second dispute does not');
INSERT INTO ledger_entries (journal_id, account, order_id, amount, currency, kind) SELECT md5('chargeback:dp_2')::uuid, account::ledger_account, :'sale', amount, 'USD', 'chargeback' FROM (VALUES ('processor_clearing', 20.00), ('disputes', -20.00)) e (account, amount);
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''full_refund'')', :'dis')), 'MK013', 'while the bank has the money nothing is given back');
SELECT is(resolve_dispute(:'dis', 'no_action', 'The bank decides.'), 'resolved', 'without money it can be decided');
SELECT tests.log_out() \g /dev/null

-- Accounts that are gone

SELECT tests.a_deal(:'buyer', :'seller') AS sale, tests.a_deal(:'buyer', :'seller') AS other_sale, tests.a_deal(:'buyer', :'seller') AS third_sale \gset
SELECT tests.a_dispute(:'sale') AS dis \gset
SELECT tests.a_dispute(:'third_sale', 'awaiting_buyer_response', true) AS sellers \gset
SELECT suspend_user(:'buyer', 'rude') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''I am sorry.'')', :'dis')), 'done', 'a suspended party is heard');
SELECT tests.log_out() \g /dev/null
SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.error_of(tests.complain(:'other_sale')), '55000 account of the other party has been deleted', 'with who is gone nobody quarrels');
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''Hello?'')', :'dis')), 'done', 'what is open goes on');
SELECT is(cancel_dispute(:'sellers'), 'cancelled', 'or is taken back');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(format('INSERT INTO disputes (dispute_number, order_id, respondent_id, type, title, description) VALUES (''D'', %L, %L, ''other'', ''x'', ''y'')', :'other_sale', :'seller')), '23502', 'a dispute has its people');
SELECT lives_ok(format('INSERT INTO disputes (dispute_number, order_id, respondent_id, type, status, title, description, metadata) VALUES (''D'', %L, %L, ''other'', ''under_review'', ''x'', ''y'', ''{"stripe_dispute_id": "dp_3"}'')', :'other_sale', :'seller'),
    'but the bank asks nobody');
SELECT is(tests.attempt('INSERT INTO dispute_messages (dispute_id, message) SELECT id, ''x'' FROM disputes LIMIT 1'), '23502', 'a message has a sender');
SELECT is(tests.attempt('UPDATE disputes SET status = NULL'), '23502', 'a dispute has a state');
SELECT tests.log_out() \g /dev/null

SELECT is_empty('SELECT * FROM check_integrity() WHERE rule LIKE ''dispute%'' OR rule IN (''several_open'', ''requested_by_buyer'')', 'nothing of it is out of joint');
SELECT * FROM finish();
ROLLBACK;
