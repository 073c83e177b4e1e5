-- Column rights in words, for each table and column that the rights and the catalog name: what counts as not sent, what is
-- refused and with which words, and that what was refused has changed nothing. Which of it may be done is matrix.sql's.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/rights_tries.sql
SELECT no_plan();

-- The guards

CREATE TEMP TABLE opened AS
    SELECT o.table_name::name, o.privilege, r.columns IS NOT NULL AS is_given, coalesce(r.columns, '{}') AS columns
      FROM private.opened_rights() o LEFT JOIN private.table_rights() r USING (table_name, role_name, privilege);
SELECT set_eq('SELECT DISTINCT table_name::text FROM opened', $$SELECT table_name FROM private.table_rights() WHERE role_name = 'authenticated' AND privilege = 'SELECT'$$,
    'guarded are the tables that users read');
SELECT is_empty($$SELECT o.table_name, o.privilege FROM opened o JOIN private.table_rights() r ON r.table_name = o.table_name AND r.role_name = 'authenticated' AND r.privilege = o.privilege
                   WHERE r.columns IS NULL$$, 'for the commands that they do not have on all columns');
SELECT set_eq($$SELECT c.relname::text, t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE '!guard\_%' AND t.tgenabled = 'O'$$,
    $$SELECT table_name::text, name FROM (SELECT DISTINCT table_name FROM opened) o, unnest('{!guard_columns,!guard_commands}'::text[]) name$$, 'each with its two guards');
SELECT is_empty($$SELECT t.tgrelid::regclass, t.tgname FROM pg_trigger t JOIN pg_trigger g ON g.tgrelid = t.tgrelid AND g.tgname LIKE '!guard\_%'
                   WHERE t.tgname < g.tgname COLLATE "C" AND t.tgname NOT LIKE '!guard\_%'$$, 'before all other triggers of driplo''s');
SELECT is_empty($$SELECT p.tablename, p.policyname FROM pg_policies p JOIN opened o ON o.table_name = p.tablename AND o.privilege = p.cmd
                   WHERE p.schemaname = tests.home() AND p.permissive = 'PERMISSIVE' AND p.policyname <> 'driplo itself' AND p.cmd IN ('INSERT', 'UPDATE') AND 'authenticated' = ANY (p.roles)
                     AND p.with_check <> 'false' AND p.with_check NOT LIKE format('%%private.require_guard(''%s''::text)%%', p.tablename)$$,
    'and every policy by which users write asks for them');
SELECT is_empty($$SELECT o.table_name, o.privilege, p.policyname FROM opened o JOIN pg_policies p ON p.schemaname = tests.home() AND p.tablename = o.table_name AND p.cmd IN (o.privilege, 'ALL')
                   WHERE NOT o.is_given AND p.policyname <> 'driplo itself' AND p.roles && '{public,anon,authenticated}'::name[] AND p.permissive = 'PERMISSIVE'
                     AND p.with_check IS DISTINCT FROM 'false' AND (p.tablename, p.cmd) <> ('profiles', 'INSERT')$$,
    'a command that is no client''s has no policy that lets it through, but for the upsert of the own profile');

-- The words

CREATE TEMP TABLE protected AS
    SELECT o.table_name, o.privilege, a.attname AS column_name, a.attnum, a.atttypid, a.attrelid, pg_get_expr(d.adbin, d.adrelid) AS default_value,
           tests.is_kept_time(o.table_name, a.attname) AS is_kept
      FROM opened o
      JOIN pg_attribute a ON a.attrelid = format('%I.%I', tests.home(), o.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE o.is_given AND o.privilege <> 'DELETE' AND a.attname <> ALL (o.columns);
SELECT is_empty($$SELECT table_name, privilege FROM opened WHERE NOT is_given AND coalesce(private.write_hint(table_name, privilege, NULL), 'Leave the column out.') = 'Leave the column out.'$$,
    'every command that is no client''s has a hint of its own');
SELECT is_empty($$SELECT table_name, privilege, column_name FROM protected WHERE private.write_hint(table_name, privilege, column_name) IS NULL$$, 'every protected column has one');
SELECT is_empty($$SELECT h.table_name, h.privilege, h.columns FROM private.write_hints() h
                   WHERE h.table_name IS NOT NULL
                     AND NOT EXISTS (SELECT FROM opened o WHERE o.table_name = h.table_name AND NOT o.is_given AND h.hint = private.write_hint(o.table_name, o.privilege, NULL))
                     AND NOT EXISTS (SELECT FROM protected p WHERE p.table_name = h.table_name AND h.hint = private.write_hint(p.table_name, p.privilege, p.column_name))$$,
    'every hint is of something that is refused');
SELECT is_empty($$SELECT h.table_name, c.name FROM private.write_hints() h, unnest(h.columns) c (name)
                   WHERE NOT EXISTS (SELECT FROM protected p WHERE p.table_name = coalesce(h.table_name, p.table_name) AND p.column_name = c.name AND NOT p.is_kept)$$,
    'every column that a hint names is protected');
SELECT is_empty($$SELECT name FROM private.write_hints(), regexp_matches(hint, '([a-z_]+)\(\)', 'g') m, unnest(m) name
                   WHERE NOT EXISTS (SELECT FROM private.function_rights() f WHERE f.signature LIKE name || '(%' AND 'authenticated' = ANY (f.role_names))
                     AND name NOT IN ('start_payment', 'start_part_payment', 'record_stripe_event')$$, 'every function that a hint names is one that users may call');

-- Who may write the specimen of a table.
CREATE TEMP VIEW writer AS
    SELECT a.* FROM attempter a
     WHERE a.label = a.table_name AND a.role_name = CASE WHEN a.table_name IN ('categories', 'admin_approvals') THEN 'admin' ELSE 'owner' END;
-- What somebody tries who may do the rest of it, with the error's fields.
CREATE FUNCTION tests.refusal(w writer, statement text, prepare text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    before text;
    message text;
    hint text;
    table_told text;
    column_told text;
    result text;
BEGIN
    BEGIN
        IF prepare IS NOT NULL THEN
            EXECUTE prepare;
        END IF;
        before := tests.digest(w.table_name);
        PERFORM tests.log_in(w.user_id);
        BEGIN
            EXECUTE statement;
            result := 'done';
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, table_told = TABLE_NAME, column_told = COLUMN_NAME;
            result := concat_ws('; ', SQLSTATE, message, hint, table_told, nullif(column_told, ''));
        END;
        PERFORM tests.log_out();
        IF result <> 'done' AND tests.digest(w.table_name) IS DISTINCT FROM before THEN
            result := result || ', but the table changed';
        END IF;
        RAISE SQLSTATE 'UNDO1';
    EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
        NULL;
    END;
    RETURN result;
END $$;
SELECT is(tests.refusal(w, CASE o.privilege WHEN 'INSERT' THEN format('INSERT INTO %I DEFAULT VALUES', o.table_name) WHEN 'UPDATE' THEN format('UPDATE %I SET %I = %2$I', o.table_name, c.attname)
                                            ELSE format('DELETE FROM %I', o.table_name) END),
          concat_ws('; ', '42501', 'permission denied for table ' || o.table_name, private.write_hint(o.table_name, o.privilege, NULL), o.table_name),
          format('%s: %s is refused in words', o.table_name, o.privilege))
  FROM opened o JOIN writer w USING (table_name)
  JOIN LATERAL (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = format('%I.%I', tests.home(), o.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
                   AND has_column_privilege('authenticated', a.attrelid, a.attnum, 'SELECT') AND a.attgenerated = '' AND a.attidentity <> 'a' ORDER BY a.attnum LIMIT 1) c ON true
 WHERE NOT o.is_given ORDER BY o.table_name, o.privilege;

-- INSERT

SELECT is(tests.refusal(w, format('INSERT INTO %I (%s, %I) VALUES (%s, %s)', p.table_name, n.columns, p.column_name, tests.with_ids(n.row_values, w.user_id), value),
                        tests.with_ids(n.prepare, w.user_id)),
          concat_ws('; ', '42501', format('permission denied for column "%s" of table "%s"', p.column_name, p.table_name), private.write_hint(p.table_name, 'INSERT', p.column_name), p.table_name, p.column_name),
          format('%s: an INSERT with %s for %s is refused', p.table_name, value, p.column_name))
  FROM protected p JOIN writer w USING (table_name) JOIN new_row n ON n.label = p.table_name
 CROSS JOIN LATERAL (SELECT tests.another_value(p.atttypid, NULL) UNION ALL SELECT 'NULL' WHERE p.default_value IS NOT NULL) v (value)
 WHERE p.privilege = 'INSERT' AND NOT p.is_kept ORDER BY p.table_name, p.attnum;

-- As Prisma sends it: the constants of the defaults, and a clock of its own. As SQLAlchemy: NULL where there is no default.
SELECT is(tests.refusal(w, format('INSERT INTO %I (%s, %s) VALUES (%s, %s)', n.label, n.columns, string_agg(quote_ident(p.column_name), ', ' ORDER BY p.attnum), tests.with_ids(n.row_values, w.user_id),
                                  string_agg(CASE WHEN p.is_kept THEN '''2001-02-03''' ELSE coalesce(p.default_value, 'NULL') END, ', ' ORDER BY p.attnum)),
                        tests.with_ids(n.prepare, w.user_id)),
          'done', format('%s: an INSERT with the defaults of all protected columns', n.label))
  FROM protected p JOIN writer w USING (table_name) JOIN new_row n ON n.label = p.table_name
 WHERE p.privilege = 'INSERT' GROUP BY n.label, n.columns, n.row_values, n.prepare, w, w.user_id ORDER BY n.label;
CREATE FUNCTION tests.kept_of_new_row(w writer, kept name[]) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    template new_row%ROWTYPE;
    statement text;
    result text;
BEGIN
    SELECT * INTO template FROM new_row n WHERE n.label = w.label;
    BEGIN
        IF template.prepare IS NOT NULL THEN
            EXECUTE tests.with_ids(template.prepare, w.user_id);
        END IF;
        statement := format('INSERT INTO %I (%s%s) VALUES (%s%s) RETURNING concat_ws('', '', %s)', w.table_name, template.columns, (SELECT string_agg(format(', %I', k), '') FROM unnest(kept) k),
                       tests.with_ids(template.row_values, w.user_id), repeat(', ''2001-02-03''', cardinality(kept)),
                       (SELECT string_agg(format('coalesce(%I >= now(), true)', k), ', ') FROM unnest(kept) k));
        PERFORM tests.log_in(w.user_id);
        EXECUTE statement INTO result;
        RAISE SQLSTATE 'UNDO1';
    EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
        NULL;
    END;
    PERFORM tests.log_out();
    RETURN result;
END $$;
SELECT is(tests.kept_of_new_row(w, k.kept), array_to_string(array_fill('t'::text, ARRAY[cardinality(k.kept)]), ', '), format('%s: %s of a new row are the database''s', w.table_name, k.kept))
  FROM writer w JOIN (SELECT table_name, array_agg(column_name ORDER BY attnum) AS kept FROM protected WHERE is_kept AND privilege = 'INSERT' GROUP BY 1) k USING (table_name) ORDER BY w.table_name;

-- UPDATE

SELECT is(tests.refusal(w, format('UPDATE %I SET %I = %s WHERE %s', p.table_name, p.column_name, v.value, w.key)),
          concat_ws('; ', '42501', format('permission denied for column "%s" of table "%s"', p.column_name, p.table_name), private.write_hint(p.table_name, 'UPDATE', p.column_name), p.table_name, p.column_name),
          format('%s: an UPDATE of %s to another value is refused', p.table_name, p.column_name))
  FROM protected p JOIN writer w USING (table_name)
 CROSS JOIN LATERAL (SELECT (xpath('/row/v/text()', query_to_xml(format('SELECT tests.another_value(%s::regtype, %I::text) AS v FROM %I WHERE %s', p.atttypid, p.column_name, p.table_name, w.key), true, true, '')))[1]::text) v (value)
 WHERE p.privilege = 'UPDATE' AND NOT p.is_kept ORDER BY p.table_name, p.attnum;
SELECT is(tests.refusal(w, format('UPDATE %I SET %I = NULL WHERE %s', p.table_name, p.column_name, w.key)),
          CASE WHEN r.is_null THEN 'done'
               ELSE concat_ws('; ', '42501', format('permission denied for column "%s" of table "%s"', p.column_name, p.table_name), private.write_hint(p.table_name, 'UPDATE', p.column_name), p.table_name, p.column_name) END,
          format('%s: an UPDATE of %s to NULL is refused, unless it is NULL', p.table_name, p.column_name))
  FROM protected p JOIN writer w USING (table_name)
 CROSS JOIN LATERAL (SELECT (xpath('/row/v/text()', query_to_xml(format('SELECT %I IS NULL AS v FROM %I WHERE %s', p.column_name, p.table_name, w.key), true, true, '')))[1]::text::boolean) r (is_null)
 -- an order's buyer writes it with a step only
 WHERE p.privilege = 'UPDATE' AND NOT p.is_kept AND NOT (p.table_name = 'orders' AND r.is_null)
   AND has_column_privilege('authenticated', p.attrelid, p.attnum, 'SELECT') ORDER BY p.table_name, p.attnum;
CREATE FUNCTION tests.kept_of_old_row(w writer, kept name[]) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    before text;
    result text;
BEGIN
    BEGIN
        EXECUTE format('SELECT concat_ws('', '', %s) FROM %I WHERE %s', (SELECT coalesce(string_agg(quote_ident(k), ', '), 'NULL') FROM unnest(kept) k WHERE k <> 'updated_at'), w.table_name, w.key) INTO before;
        PERFORM tests.log_in(w.user_id);
        EXECUTE format('UPDATE %I SET %s%s WHERE %s', w.table_name, (SELECT string_agg(format('%I = ''2001-02-03''', k), ', ') FROM unnest(kept) k),
                       CASE w.table_name WHEN 'orders' THEN ', status = ''cancelled''' ELSE '' END, w.key);
        PERFORM tests.log_out();
        EXECUTE format('SELECT concat_ws('', '', %s) = %L%s FROM %I WHERE %s', (SELECT coalesce(string_agg(quote_ident(k), ', '), 'NULL') FROM unnest(kept) k WHERE k <> 'updated_at'), before,
                       CASE WHEN 'updated_at' = ANY (kept) THEN ' AND updated_at >= now()' ELSE '' END, w.table_name, w.key) INTO result;
        RAISE SQLSTATE 'UNDO1';
    EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
        NULL;
    END;
    RETURN result;
END $$;
SELECT is(tests.kept_of_old_row(w, k.kept), 'true', format('%s: an UPDATE leaves %s to the database', w.table_name, k.kept))
  FROM writer w JOIN (SELECT table_name, array_agg(column_name ORDER BY attnum) AS kept FROM protected WHERE is_kept AND privilege = 'UPDATE' GROUP BY 1) k USING (table_name) ORDER BY w.table_name;

-- What a client cannot read it does not find out by sending it back, except of the own profile.
SELECT is(split_part(tests.refusal(w, format('UPDATE %I SET %I = %s WHERE %s', p.table_name, p.column_name, v.value, w.key)), ';', 1),
          CASE p.table_name WHEN 'profiles' THEN 'done' ELSE '42501' END, format('%s: the value of %s sent back', p.table_name, p.column_name))
  FROM protected p JOIN writer w USING (table_name)
 CROSS JOIN LATERAL (SELECT (xpath('/row/v/text()', query_to_xml(format('SELECT quote_nullable(%I::text) AS v FROM %I WHERE %s', p.column_name, p.table_name, w.key), true, true, '')))[1]::text) v (value)
 WHERE p.privilege = 'UPDATE' AND NOT p.is_kept AND NOT has_column_privilege('authenticated', p.attrelid, p.attnum, 'SELECT') ORDER BY p.table_name, p.attnum;

SELECT * FROM finish();
ROLLBACK;
