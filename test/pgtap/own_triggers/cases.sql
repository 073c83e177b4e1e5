-- A shop's own triggers take the steps of disputes and returns: recorded in order, whatever the trigger's name; and none is taken by
-- changing the row in front of the guard's back.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('cases.example') \gset

CREATE FUNCTION tests.wrong() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(rule || ' ' || detail, '; '), 'nothing') FROM check_integrity()$$;
CREATE FUNCTION tests.told(wanted uuid) RETURNS text LANGUAGE sql AS $$SELECT string_agg(message, ' | ' ORDER BY created_at, id) FROM dispute_messages WHERE dispute_id = wanted$$;
CREATE FUNCTION tests.step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('UPDATE %I SET status = %L WHERE id = %L', TG_TABLE_NAME, TG_ARGV[0], NEW.id);
    RETURN NULL;
END $$;
CREATE FUNCTION tests.set_status() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RETURN jsonb_populate_record(NEW, jsonb_build_object('status', TG_ARGV[0]));
END $$;

-- Disputes

CREATE FUNCTION tests.disputed_with(trigger_name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    buyer uuid := (SELECT id FROM tests.people WHERE name = 'buyer');
    seller uuid := (SELECT id FROM tests.people WHERE name = 'seller');
    opened uuid;
BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON disputes FOR EACH ROW EXECUTE FUNCTION tests.step(''under_review'')', trigger_name);
    PERFORM set_config('tests.deal', tests.a_deal(buyer, seller, 'delivered')::text, true);
    PERFORM tests.log_in_as_service(), set_config('request.jwt.claims', json_build_object('sub', buyer, 'role', 'service_role')::text, true);
    opened := open_dispute(current_setting('tests.deal')::uuid, 'damaged_item', 'Broken', 'It broke.');
    PERFORM tests.log_out();
    EXECUTE format('DROP TRIGGER %I ON disputes', trigger_name);
    RETURN tests.told(opened) || ' ' || (SELECT status FROM disputes WHERE id = opened);
END $$;
SELECT is(tests.disputed_with(own), 'The buyer has opened the dispute. A response from the seller is awaited. | The dispute is under review by staff. under_review', 'a dispute that "' || own || '" takes to the staff was opened first')
  FROM unnest('{!,A,_a,a,z}'::text[]) own;
SELECT tests.a_dispute(tests.a_deal(:'buyer', :'seller', 'delivered')) AS dispute, tests.a_return(tests.a_deal(:'buyer', :'seller', 'delivered')) AS returned \gset
CREATE FUNCTION tests.with_trigger(kept_in text, trigger_name text, to_status text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION tests.set_status(%L)', trigger_name, kept_in, to_status);
    PERFORM tests.log_in_as_service();
    told := tests.attempt(statement);
    PERFORM tests.log_out();
    EXECUTE format('DROP TRIGGER %I ON %I', trigger_name, kept_in);
    RETURN told;
END $$;
SELECT is(tests.with_trigger('disputes', own, 'awaiting_buyer_response', format($$UPDATE disputes SET status = 'cancelled' WHERE id = %L$$, :'dispute')), 'MK011', 'a dispute does not become what "' || own || '" makes of it')
  FROM unnest('{guard_z,update_z,~}'::text[]) own;
SELECT is(tests.with_trigger('disputes', own, 'closed', format('UPDATE disputes SET metadata = %L WHERE id = %L', '{}', :'dispute')), 'MK011', 'nor by a statement that does not name the status ("' || own || '")')
  FROM unnest('{a,guard_z,~}'::text[]) own;

-- Returns

SELECT is(tests.with_trigger('returns', own, 'refunded', format($$UPDATE returns SET status = 'approved' WHERE id = %L$$, :'returned')), 'MK010', 'nor does a return ("' || own || '")')
  FROM unnest('{a,guard_z,~}'::text[]) own;
SELECT is(tests.with_trigger('returns', own, 'refunded', format($$UPDATE returns SET description = 'x' WHERE id = %L$$, :'returned')), 'MK010', 'by whatever statement ("' || own || '")')
  FROM unnest('{a,guard_z,~}'::text[]) own;
CREATE TRIGGER accept AFTER INSERT ON returns FOR EACH ROW EXECUTE FUNCTION tests.step('approved');
SELECT tests.a_return(tests.a_deal(:'buyer', :'seller', 'delivered')) AS accepted \gset
SELECT is((SELECT status || ' ' || string_agg(h ->> 'to', ', ' ORDER BY n) FROM returns, jsonb_array_elements(history) WITH ORDINALITY e (h, n) WHERE id = :'accepted' GROUP BY status), 'approved requested, approved', 'a return that a trigger approves');
SELECT is(tests.wrong(), 'nothing', 'everything adds up');

SELECT * FROM finish();
ROLLBACK;
