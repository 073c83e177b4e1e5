-- Calls functions of the extension with arguments that nobody would think of, as somebody or other, and undoes
-- each call. What comes out is one row for each SQLSTATE. Variables: calls, seed.
SET search_path = public, tests;
SET client_min_messages = error;
SELECT setseed(:seed) \gset ignored_
CREATE TEMP TABLE outcome (signature text, sqlstate text, message text, call text);

-- Values of a type: usual ones, edges, and what is in the tables.
CREATE FUNCTION pg_temp.some_value(type regtype) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    pool text[];
    word text;
BEGIN
    IF random() < 0.08 THEN
        RETURN 'NULL';
    END IF;
    CASE type
        WHEN 'uuid'::regtype THEN
            IF random() < 0.8 THEN
                EXECUTE format('SELECT id FROM (SELECT id FROM %I LIMIT 20) some ORDER BY random() LIMIT 1',
                    (ARRAY['profiles', 'listings', 'product_variants', 'orders', 'order_items', 'cart_items', 'conversations', 'shipping_addresses', 'payment_methods', 'coupons', 'returns', 'disputes'])[1 + floor(random() * 12)::int])
                   INTO word;
            END IF;
            word := coalesce(word, gen_random_uuid()::text);
        WHEN 'boolean'::regtype THEN
            word := (random() < 0.5)::text;
        WHEN 'integer'::regtype, 'bigint'::regtype THEN
            pool := '{0,1,2,3,-1,5,100,1000000,1000001,2147483647,-2147483648}';
        WHEN 'numeric'::regtype THEN
            pool := ARRAY['0', '1', '-1', '0.005', '99999999.99', '1e300', 'NaN', 'Infinity', '-Infinity', repeat('9', 1000), '0.' || repeat('3', 1000)];
        WHEN 'jsonb'::regtype THEN
            pool := ARRAY['{}', '[]', 'null', '"x"', '1', '{"a": {"b": [1, 2, null]}}', '{"username": "x", "sub": 7}', '{"' || repeat('k', 300) || '": "\u00e4"}'];
        WHEN 'interval'::regtype THEN
            pool := '{1 day,-1 day,0,178000000 years}';
        WHEN 'text[]'::regtype, 'uuid[]'::regtype, 'oid[]'::regtype THEN
            pool := '{"{}"}';
        ELSE
            pool := ARRAY['', ' ', 'x', 'paid', 'cancelled', 'shipped', 'refunded', 'nonsense', 'remove', 'restore', 'admin', 'moderator', 'user', 'ups', 'medium', 'thumb',
                'https://x.example/a.webp', '.webp', 'SAVE10', 'SAVE10,OTHER,,', ',,,', '%s%n%s', ''';--', '{s}', '{}', '$1', E'tab\tnew\nline', 'ünï©ødé 服', repeat('x', 300), repeat('ab,', 5000),
                '00000000-0000-0000-0000-000000000000', 'person3@example.org', '1e99', 'NaN', '{"a": 1}', 'defective', 'approved', 'damaged_item', 'full_refund', 'under_review', 'public.profiles', 'profiles', '*', 'table', 'function'];
    END CASE;
    RETURN quote_literal(coalesce(word, pool[1 + floor(random() * cardinality(pool))::int])) || '::' || type;
EXCEPTION WHEN OTHERS THEN
    RETURN 'NULL::' || type;
END $$;

CREATE FUNCTION pg_temp.some_call(function oid) RETURNS text LANGUAGE sql AS $$
    SELECT format(CASE WHEN p.proretset THEN 'SELECT count(*) FROM %s(%s) AS result' ELSE 'SELECT %s(%s)' END, p.oid::regproc,
                  (SELECT string_agg(pg_temp.some_value(type::regtype), ', ' ORDER BY position)
                     FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS argument (type, position)))
      FROM pg_proc p WHERE p.oid = function
$$;

-- As somebody: a client, the service, or the superuser.
CREATE FUNCTION pg_temp.try_once(function oid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    statement text := pg_temp.some_call(function);
    who text := (ARRAY['anon', 'authenticated', 'authenticated', 'authenticated', 'service_role', session_user])[1 + floor(random() * 6)::int];
    person uuid := (SELECT id FROM profiles ORDER BY random() LIMIT 1);
    claims text := (ARRAY['', '{}', '[]', 'null', '{"sub": 5}', '{"sub": "nobody"}', '{broken'])[1 + floor(random() * 7)::int];
BEGIN
    IF random() < 0.9 THEN
        claims := jsonb_build_object('sub', person, 'role', who, 'is_anonymous', random() < 0.1)::text;
    END IF;
    BEGIN
        PERFORM set_config('request.jwt.claims', claims, true);
        EXECUTE format('SET LOCAL ROLE %I', who);
        EXECUTE statement;
        SET CONSTRAINTS ALL IMMEDIATE;
        RAISE EXCEPTION 'worked' USING ERRCODE = 'ZZ000';
    EXCEPTION WHEN OTHERS THEN
        INSERT INTO outcome VALUES (function::regprocedure::text, SQLSTATE, SQLERRM, left(who || ': ' || statement, 500));
    END;
END $$;

CREATE TEMP TABLE target AS
SELECT p.oid, p.oid::regprocedure AS signature,
       -- those that take a whole installation apart or put it together are called now and then only
       CASE WHEN p.proname ~ 'uninstall|migrate|install|remove_|release|adopt_users|initial_privileges|take_ownership' THEN 0.02 ELSE 1 END AS share
  FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo';

CREATE PROCEDURE pg_temp.call_around(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
    round integer;
    each oid;
BEGIN
    FOR round IN 1..rounds LOOP
        FOR each IN SELECT oid FROM target WHERE random() < share ORDER BY random() LOOP
            PERFORM pg_temp.try_once(each);
        END LOOP;
        COMMIT;
    END LOOP;
END $$;
CALL pg_temp.call_around(:rounds);
