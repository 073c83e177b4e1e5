-- driplo.direct_writes: a sign-up makes the same rows and raises the same errors, whether they go by statements or without, also when the tables were altered
-- in the session that has already signed somebody up.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();

CREATE TEMP TABLE noted (what text);
GRANT ALL ON noted TO PUBLIC;
GRANT USAGE ON SCHEMA tests TO PUBLIC;
CREATE FUNCTION tests.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.noted VALUES (concat_ws(' ', TG_TABLE_NAME, TG_NAME, TG_WHEN, TG_LEVEL, TG_OP, current_user));
    RETURN NEW;
END $$;
CREATE FUNCTION tests.note_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO pg_temp.noted SELECT TG_TABLE_NAME || ' ' || count(*) FROM added; RETURN NULL; END $$;
CREATE FUNCTION tests.no_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION tests.rename() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.username := 'renamed'; RETURN NEW; END $$;
CREATE FUNCTION tests.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not on Sundays' USING ERRCODE = 'ZZ001'; END $$;
CREATE FUNCTION tests.nested() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.email <> 'inner@example.com' THEN
        INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'inner@example.com');
    END IF;
    RETURN NULL;
END $$;

-- What a sign-up has written, undone, or its error.
CREATE FUNCTION tests.end_of(direct boolean, email text, metadata jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
    code text;
    detail text;
    name text;
BEGIN
    PERFORM set_config('driplo.direct_writes', direct::text, true);
    BEGIN
        INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES (gen_random_uuid(), email, metadata);
        SET CONSTRAINTS ALL IMMEDIATE;
        told := jsonb_build_object(
            'profiles', (SELECT jsonb_agg(to_jsonb(p) - 'id' ORDER BY p.email) FROM profiles p WHERE p.email LIKE '%@example.com' AND p.created_at >= now()),
            'carts', (SELECT jsonb_agg(to_jsonb(c) - ARRAY['id', 'user_id']) FROM shopping_carts c JOIN profiles p ON p.id = c.user_id WHERE p.email LIKE '%@example.com'),
            'statistics', (SELECT jsonb_agg(to_jsonb(s) - 'user_id') FROM user_stats_summary s JOIN profiles p ON p.id = s.user_id WHERE p.email LIKE '%@example.com'),
            'events', (SELECT jsonb_agg(to_jsonb(e) - ARRAY['id', 'subject_id', 'actor_id'] ORDER BY e.id) FROM outbox_events e),
            'noted', (SELECT jsonb_agg(n.what ORDER BY n.what) FROM pg_temp.noted n));
        RAISE EXCEPTION USING ERRCODE = 'ZZZZZ', MESSAGE = told;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, told = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, name = CONSTRAINT_NAME;
        RETURN CASE code WHEN 'ZZZZZ' THEN regexp_replace(told, 'annie[0-9]+', 'annie...', 'g') ELSE concat_ws(' | ', code, told, regexp_replace(detail, '[0-9a-f]{8}-[-0-9a-f]{27}|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+', '...', 'g'), name) END;
    END;
END $$;
CREATE FUNCTION tests.is_same(what text, expected text DEFAULT '{%', email text DEFAULT 'ann@example.com', metadata jsonb DEFAULT '{"username": "Annie", "full_name": "Ann Lee"}') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    by_statement text := tests.end_of(false, email, metadata);
BEGIN
    RETURN NEXT is(tests.end_of(true, email, metadata), by_statement, what);
    RETURN NEXT is(tests.end_of(true, email, metadata), by_statement, what || ', once more');
    RETURN NEXT alike(by_statement, expected, what || ': ' || expected);
END $$;
CREATE FUNCTION tests.altered(change text, expected text DEFAULT '{%') RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE change;
        RETURN QUERY SELECT tests.is_same(change, expected);
        RAISE SQLSTATE 'ZZZZY';
    EXCEPTION WHEN SQLSTATE 'ZZZZY' THEN
        RETURN;
    END;
END $$;

SELECT tests.is_same('somebody', '%"username": "annie"%');
SELECT tests.is_same('a brand', '%"account_type": "brand"%', 'brand@example.com', '{"account_type": "brand", "avatar_url": "https://a.example/b.webp"}');
SELECT tests.is_same('values that are not valid', '%"full_name": null%', 'odd@example.com', jsonb_build_object('username', '<>', 'full_name', repeat('x', 1000), 'avatar_url', 'javascript:1', 'account_type', 'king'));
SELECT tests.sign_up('annie@taken.example', '{"username": "annie"}') \g /dev/null
-- a name that is taken gets another one, whose digits are random from the tenth on only
SELECT tests.is_same('a name that is taken', '%"username": "annie%');

-- the tables are altered
SELECT tests.altered('ALTER TABLE profiles ADD CONSTRAINT no_lee CHECK (full_name <> ''Ann Lee'') NOT VALID', '23514 |%no_lee');
SELECT tests.altered('ALTER TABLE profiles ADD extra text DEFAULT ''x'', ADD stamp timestamptz DEFAULT now()', '%"extra": "x"%');
SELECT tests.altered('ALTER TABLE profiles ADD twice text GENERATED ALWAYS AS (username || username) STORED', '%"twice"%');
SELECT tests.altered('ALTER TABLE user_stats_summary ADD CONSTRAINT none CHECK (total_sales > 0) NOT VALID', '23514 |%none');
SELECT tests.altered('CREATE UNIQUE INDEX ON profiles (full_name); INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES (gen_random_uuid(), ''first@other.example'', ''{"full_name": "Ann Lee"}'')', '23505 |%');
SELECT tests.altered('CREATE UNIQUE INDEX ON profiles (username, email)');
SELECT tests.altered('CREATE UNIQUE INDEX ON profiles (username) WHERE full_name IS NULL');
SELECT tests.altered('CREATE TRIGGER a_note BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION tests.note(); CREATE TRIGGER z_note AFTER INSERT ON profiles FOR EACH STATEMENT EXECUTE FUNCTION tests.note(); CREATE TRIGGER b_note BEFORE INSERT ON shopping_carts FOR EACH ROW EXECUTE FUNCTION tests.note(); CREATE TRIGGER c_note AFTER INSERT ON user_stats_summary FOR EACH ROW EXECUTE FUNCTION tests.note()',
    '%user_stats_summary c_note AFTER ROW INSERT driplo_owner%');
SELECT tests.altered('CREATE TRIGGER rows AFTER INSERT ON profiles REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tests.note_rows()', '%"profiles 1"%');
SELECT tests.altered('CREATE TRIGGER refuse BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION tests.refuse()', 'ZZ001 |%');
SELECT tests.altered('CREATE TRIGGER refuse AFTER INSERT ON shopping_carts FOR EACH ROW EXECUTE FUNCTION tests.refuse()', 'ZZ001 |%');
SELECT tests.altered('CREATE TRIGGER no_row BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION tests.no_row()', '55000 | could not create profile%');
SELECT tests.altered('CREATE TRIGGER no_row BEFORE INSERT ON shopping_carts FOR EACH ROW EXECUTE FUNCTION tests.no_row()', '%"carts": null%');
SELECT tests.altered('CREATE TRIGGER rename BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION tests.rename()', '%"username": "renamed"%');
SELECT tests.altered('CREATE TRIGGER nested AFTER INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION tests.nested()', '%inner@example.com%');
SELECT tests.altered('ALTER TABLE profiles FORCE ROW LEVEL SECURITY', '%');
SELECT tests.altered('CREATE TABLE tests.more_people () INHERITS (profiles)');
SELECT tests.altered('CREATE TABLE tests.clubs (id uuid PRIMARY KEY); ALTER TABLE profiles ADD club uuid DEFAULT ''00000000-0000-4000-8000-000000000001'', ADD FOREIGN KEY (club) REFERENCES tests.clubs NOT VALID; GRANT SELECT, UPDATE ON tests.clubs TO driplo_owner', '23503 |%profiles_club_fkey');
SELECT tests.altered('ALTER TABLE profiles OWNER TO postgres', '%');
SELECT tests.altered('SET LOCAL session_replication_role = replica', '%');
SELECT tests.is_same('as it was', '%"username": "annie%');

SELECT * FROM finish();
ROLLBACK;
