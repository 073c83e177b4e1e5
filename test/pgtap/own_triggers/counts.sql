-- What is counted by steps stays exact when a trigger of the shop's changes the same rows inside the statement: its statement is
-- counted before the one around it, from a count that is still without that one.
BEGIN;
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('ann@counts.example') AS ann, tests.sign_up('bob@counts.example') AS bob, tests.sign_up('sue@counts.example') AS sue \gset
SELECT tests.a_listing(:'sue', 10, 100) AS lamp \gset
INSERT INTO conversations (buyer_id, seller_id, listing_id) VALUES (:'ann', :'sue', :'lamp') RETURNING id AS talk \gset

CREATE FUNCTION tests.wrong() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(rule || ' ' || detail, '; '), 'nothing') FROM check_integrity()$$;
CREATE FUNCTION tests.counts() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT sum(favorite_count) FROM listings), (SELECT sum(follower_count) || '/' || sum(following_count) FROM user_stats_summary), (SELECT sum(buyer_unread_count) || '/' || sum(seller_unread_count) FROM conversations),
                     (SELECT sum(total_sales) || '/' || sum(total_purchases) || '/' || sum(total_earned) || '/' || sum(total_spent) FROM user_stats_summary), (SELECT sum(total_sales) FROM profiles))
$$;
CREATE FUNCTION tests.undo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'favorites' THEN DELETE FROM favorites WHERE id = NEW.id;
        WHEN 'user_follows' THEN DELETE FROM user_follows WHERE id = NEW.id;
        WHEN 'messages' THEN UPDATE messages SET is_read = true WHERE id = NEW.id;
        WHEN 'orders' THEN UPDATE orders SET status = 'refunded' WHERE id = NEW.id;
    END CASE;
    RETURN NULL;
END $$;

-- Taken back inside the statement: by a trigger before driplo's, behind them, for each row and for the statement

CREATE FUNCTION tests.taken_back(trigger_name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ann uuid := (SELECT id FROM profiles WHERE email = 'ann@counts.example');
    bob uuid := (SELECT id FROM profiles WHERE email = 'bob@counts.example');
    sue uuid := (SELECT id FROM profiles WHERE email = 'sue@counts.example');
    told text;
BEGIN
    EXECUTE format('CREATE TRIGGER %1$I AFTER INSERT ON favorites FOR EACH ROW EXECUTE FUNCTION tests.undo(); CREATE TRIGGER %1$I AFTER INSERT ON user_follows FOR EACH ROW EXECUTE FUNCTION tests.undo();
                    CREATE TRIGGER %1$I AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION tests.undo();
                    CREATE TRIGGER %1$I AFTER UPDATE ON orders FOR EACH ROW WHEN (NEW.status = ''completed'' AND OLD.status <> ''completed'') EXECUTE FUNCTION tests.undo()', trigger_name);
    INSERT INTO favorites (user_id, listing_id) SELECT p, l.id FROM unnest(ARRAY[ann, bob]) p, listings l;
    INSERT INTO user_follows (follower_id, following_id) VALUES (ann, sue), (bob, sue), (sue, ann);
    INSERT INTO messages (conversation_id, sender_id, content) SELECT id, p, 'Hello.' FROM conversations, unnest(ARRAY[ann, sue]) p;
    PERFORM tests.an_order(ann, sue, 20, 'delivered'), tests.an_order(ann, sue, 7, 'delivered');
    UPDATE orders SET status = 'completed' WHERE status = 'delivered';
    told := concat_ws('; ', tests.counts(), tests.wrong());
    EXECUTE format('DROP TRIGGER %1$I ON favorites; DROP TRIGGER %1$I ON user_follows; DROP TRIGGER %1$I ON messages; DROP TRIGGER %1$I ON orders', trigger_name);
    RETURN told;
END $$;
SELECT is(tests.taken_back(own), '0 0/0 0/0 0/0/0.00/0.00 0; nothing', 'what "' || own || '" takes back at once is not counted') FROM unnest('{!,a,z}'::text[]) own;
INSERT INTO favorites (user_id, listing_id) VALUES (:'ann', :'lamp');
INSERT INTO user_follows (follower_id, following_id) VALUES (:'ann', :'sue');
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'ann', 'Hello.'), (:'talk', :'ann', 'Hello?'), (:'talk', :'sue', 'Yes.');
SELECT tests.an_order(:'bob', :'sue', 5, 'completed') \g /dev/null
SELECT is(tests.counts(), '1 1/1 1/2 1/1/5.00/5.00 1', 'what was there before');
DELETE FROM favorites; DELETE FROM user_follows;
SELECT is(tests.taken_back('a'), '0 0/0 1/2 1/1/5.00/5.00 1; nothing', 'stays counted');

-- The other way round, and a swap inside

CREATE FUNCTION tests.redo() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO favorites (user_id, listing_id) VALUES (OLD.user_id, OLD.listing_id);
    RETURN NULL;
END $$;
CREATE TRIGGER a_redo AFTER DELETE ON favorites FOR EACH ROW EXECUTE FUNCTION tests.redo();
INSERT INTO favorites (user_id, listing_id) VALUES (:'ann', :'lamp');
DELETE FROM favorites;
SELECT is(tests.counts() || tests.wrong(), '1 0/0 1/2 1/1/5.00/5.00 1nothing', 'a favourite that comes back');
CREATE FUNCTION tests.answer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE messages SET is_read = true WHERE conversation_id = NEW.conversation_id AND sender_id <> NEW.sender_id AND is_read IS NOT TRUE;
    INSERT INTO messages (conversation_id, sender_id, content) SELECT id, seller_id, 'I am away.' FROM conversations WHERE id = NEW.conversation_id;
    RETURN NULL;
END $$;
CREATE TRIGGER answer AFTER INSERT ON messages FOR EACH ROW WHEN (NEW.content <> 'I am away.') EXECUTE FUNCTION tests.answer();
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'ann', 'When?');
SELECT is(tests.counts() || tests.wrong(), '1 0/0 1/3 1/1/5.00/5.00 1nothing', 'a message that reads the others and is answered');
DROP TRIGGER answer ON messages;
UPDATE messages SET is_read = (sender_id = :'ann');
SELECT is(tests.counts() || tests.wrong(), '1 0/0 6/0 1/1/5.00/5.00 1nothing', 'many read and unread by one statement');
DELETE FROM messages WHERE sender_id = :'sue';
SELECT is(tests.counts() || tests.wrong(), '1 0/0 0/0 1/1/5.00/5.00 1nothing', 'and deleted');

-- A count that was wrong stops nobody, and is counted anew when it shows

UPDATE listings SET favorite_count = 0; UPDATE user_stats_summary SET total_sales = 0, total_earned = 0, total_purchases = 0, total_spent = 0; UPDATE profiles SET total_sales = 0;
DROP TRIGGER a_redo ON favorites;
INSERT INTO favorites (user_id, listing_id) VALUES (:'bob', :'lamp');
UPDATE listings SET favorite_count = 0;
DELETE FROM favorites WHERE user_id = :'ann';
UPDATE orders SET status = 'refunded' WHERE status = 'completed';
SELECT is(tests.counts() || tests.wrong(), '1 0/0 0/0 0/0/0.00/0.00 0nothing', 'below zero is counted anew');
UPDATE conversations SET buyer_unread_count = 7;
SELECT tests.log_in(:'ann');
SELECT mark_conversation_read(:'talk') \g /dev/null
SELECT tests.log_out();
SELECT is(tests.wrong(), 'nothing', 'and unread messages when somebody reads');

SELECT * FROM finish();
ROLLBACK;
